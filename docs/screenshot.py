"""Updates the pictures in the docs: `make screenshot`. Requires Chromium."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright

REPORT_PICTURE = Path(__file__).parent / "report.png"
COST_PICTURE = Path(__file__).parent / "cost.png"
CHANNEL, REPOSITORY = "shop", "shop/api"
OPEN, ENDS = "is open: ", "Ctrl-C ends the demo"
SCRIPT = re.compile(r"^  \. (\S+)")
PORT = "8937"
WIDTH, HEIGHT = 1140, 800


class Demo(NamedTuple):
    """`address`: of the workspace. `script`: sets the environment of commands."""

    address: str
    script: str


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed. Fix: apt-get install chromium")
    with demo() as running:
        draw_costs(running)
        draw_report(running, chromium)


def draw_costs(running: Demo) -> None:
    command = shlex.join([sys.executable, "-m", "bot", "cost", "--png", str(COST_PICTURE)])
    subprocess.run(["sh", "-c", f". {running.script} && {command}"], check=False)  # noqa: S603, S607 - ours


def draw_report(running: Demo, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = {"width": WIDTH, "height": HEIGHT}
        page = browser.new_page(viewport=view, device_scale_factor=2, color_scheme="light")  # type: ignore[arg-type]
        page.goto(running.address)
        page.get_by_role("link", name=CHANNEL).first.click()
        report = page.get_by_role("article").filter(
            has=page.get_by_role("heading", name=f"{REPOSITORY} · delete ")
        )
        report.screenshot(path=REPORT_PICTURE)
        browser.close()


@contextmanager
def demo() -> Iterator[Demo]:
    """Runs the demo until all reports are posted, and keeps it open."""
    command = [sys.executable, "-u", "-m", "bot", "demo", "--port", PORT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout
        address = script = ""
        for line in process.stdout:
            if OPEN in line:
                address = line.partition(OPEN)[2].strip()
            if found := SCRIPT.match(line):
                script = found[1]
            if ENDS in line:
                break
        yield Demo(address, script)
        process.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
