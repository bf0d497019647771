"""Updates docs/report.png, the picture in the README: `make screenshot`. Requires Chromium."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "report.png"
CHANNEL, REPOSITORY = "shop", "shop/api"
OPEN, ALL_POSTED = "is open: ", "Ctrl-C ends the demo"
PORT = "8937"
WIDTH, HEIGHT = 1140, 800


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed. Fix: apt-get install chromium")
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = {"width": WIDTH, "height": HEIGHT}
        page = browser.new_page(viewport=view, device_scale_factor=2, color_scheme="light")  # type: ignore[arg-type]
        page.goto(address)
        page.get_by_role("link", name=CHANNEL).first.click()
        report = page.get_by_role("article").filter(
            has=page.get_by_role("heading", name=f"{REPOSITORY} · delete ")
        )
        report.screenshot(path=PICTURE)
        browser.close()


@contextmanager
def demo() -> Iterator[str]:
    """Runs the demo and yields the workspace's address once all reports are posted."""
    command = [sys.executable, "-u", "-m", "bot", "demo", "--port", PORT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout
        address = ""
        for line in process.stdout:
            if OPEN in line:
                address = line.partition(OPEN)[2].strip()
            if ALL_POSTED in line:
                break
        yield address
        process.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
