"""Exec plugins of kubeconfigs: number of runs, time limits and output."""

import json
import os
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.playground.kubernetes import DEFAULT_TOKEN, DEFAULT_USER, Cluster
from bot.playground.kubernetes.builders import deployment
from bot.usage.kubernetes.exec_plugin import VERSIONS
from bot.usage.kubernetes.kubeconfig import KubeconfigTrust
from tests.usage.aws_support import image
from tests.usage.kubernetes.conftest import ClusterScan, Kubeconfig, Rewrite, config_from
from tests.usage.kubernetes.test_cluster_access import HERE, SECRET, images

Plugin = Callable[..., None]


@pytest.fixture(autouse=True)
def _busy(cluster: Cluster) -> None:
    cluster.apply(*deployment("api", image("team/api")))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A file that grows by a byte with every run."""
    file = tmp_path / "runs"
    file.touch()
    return file


@pytest.fixture
def plugin(rewrite: Rewrite, runs: Path) -> Plugin:
    """Makes a shell script the exec plugin of the user."""

    def use_plugin(script: str, version: str = VERSIONS[0], **more: Any) -> None:
        script = f"printf x >>{runs}; {script}"
        command = {"apiVersion": version, "command": "sh", "args": ["-c", script], **more}

        def change(content: Kubeconfig) -> None:
            content["users"][0]["user"] = {"exec": command}

        rewrite(change)

    return use_plugin


def prints(**status: Any) -> str:
    credential = {"apiVersion": VERSIONS[0], "kind": "ExecCredential", "status": status}
    return f"cat <<'END'\n{json.dumps(credential)}\nEND\n"


# credentials


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token(scan: ClusterScan, plugin: Plugin, runs: Path, version: str) -> None:
    plugin(prints(token=DEFAULT_TOKEN), version)
    assert images(config_from(scan.kubeconfig)) == HERE
    assert runs.read_text() == "x"


def test_a_client_certificate(cluster: Cluster, scan: ClusterScan, plugin: Plugin) -> None:
    issued = cluster.issue(DEFAULT_USER)
    plugin(prints(clientCertificateData=issued.certificate, clientKeyData=issued.key))
    assert images(config_from(scan.kubeconfig)) == HERE


def test_a_token_of_the_kubeconfig_takes_precedence(
    scan: ClusterScan, plugin: Plugin, rewrite: Rewrite, runs: Path
) -> None:
    plugin("exit 1")
    rewrite(lambda content: content["users"][0]["user"].update(token=DEFAULT_TOKEN))
    assert images(config_from(scan.kubeconfig)) == HERE
    assert runs.read_text() == ""


CERTIFICATE_ALONE = prints(clientCertificateData="certificate")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"echo {SECRET}", "sh of the kubeconfig printed no JSON"),
        ("printf '\\377'", "printed no JSON"),
        (":", "printed no JSON"),
        ("echo '[]'", "printed no ExecCredential"),
        (f'echo \'{{"token": "{SECRET}"}}\'', "printed no ExecCredential: .* `status`"),
        (prints(token=None), "printed neither a token nor a client certificate"),
        (prints(token=""), "printed neither a token nor a client certificate"),
        (prints(token=7), r"printed no ExecCredential: .*\$.status.token"),
        (prints(token=f"{SECRET}\n{SECRET}"), "token of the exec plugin contains a line break"),
        (CERTIFICATE_ALONE, "printed a client certificate or its key, not both"),
        (
            prints(clientCertificateData=SECRET, clientKeyData=SECRET),
            "its client certificate and key cannot be used",
        ),
        (
            f"echo {SECRET} >&2; exit 3",
            r"sh of the kubeconfig exited with 3\): run it in a terminal",
        ),
        (f"yes {SECRET}", "printed more than 1 MiB"),
    ],
)
def test_invalid_credentials(
    cluster: Cluster, scan: ClusterScan, plugin: Plugin, runs: Path, script: str, words: str
) -> None:
    """The plugin runs once, and the error does not quote its output."""
    plugin(script)
    with pytest.raises(ServiceError, match=words) as raised:
        images(config_from(scan.kubeconfig))
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert runs.read_text() == "x"
    assert not list(cluster.calls)


@pytest.mark.parametrize(
    ("command", "more", "words"),
    [
        ("no-such-command", {}, "no-such-command of the kubeconfig cannot be started: No such"),
        ("./no-plugin", {}, "/no-plugin of the kubeconfig cannot be started: No such file"),
        ("./kubeconfig", {}, "cannot be started: Permission denied"),
        ("sh", {"args": ["\0"]}, "sh of the kubeconfig cannot be started: ValueError"),
        ("sh", {"interactiveMode": "Always"}, "sh needs a terminal"),
        ("sh", {"apiVersion": "client.authentication.k8s.io/v9"}, "v9 of the exec plugin sh is"),
    ],
)
def test_a_plugin_that_cannot_run(
    scan: ClusterScan,
    plugin: Plugin,
    rewrite: Rewrite,
    command: str,
    more: dict[str, Any],
    words: str,
) -> None:
    plugin("")
    entry = {"command": command, **more}
    rewrite(lambda content: content["users"][0]["user"]["exec"].update(entry))
    with pytest.raises(ServiceError, match=words):
        images(config_from(scan.kubeconfig))


# environment


def test_a_relative_command_is_in_the_folder_of_the_kubeconfig(
    scan: ClusterScan,
    plugin: Plugin,
    rewrite: Rewrite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    script = scan.kubeconfig.parent / "bin" / "log-in"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\n{prints(token=DEFAULT_TOKEN)}")
    script.chmod(0o755)
    plugin("")
    rewrite(lambda content: content["users"][0]["user"]["exec"].update(command="bin/log-in"))
    assert images(config_from(scan.kubeconfig)) == HERE


@pytest.mark.parametrize("as_file", [False, True])
def test_the_environment_of_a_plugin(
    cluster: Cluster,
    scan: ClusterScan,
    plugin: Plugin,
    rewrite: Rewrite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    as_file: bool,
) -> None:
    """The same as from kubectl, without the secrets of the bot."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", SECRET)
    monkeypatch.setenv("DATABASE_URL", SECRET)
    monkeypatch.setenv("PGPASSWORD", SECRET)
    monkeypatch.setenv("AWS_PROFILE", "work")
    received = tmp_path / "received"
    plugin(
        f'printf %s "$KUBERNETES_EXEC_INFO" >{received}; env >{received}.env; cat >{received}.in; '
        + prints(token=DEFAULT_TOKEN),
        env=[{"name": "CLUSTER", "value": "of ours"}],
        interactiveMode="IfAvailable",
        provideClusterInfo=True,
    )
    (scan.kubeconfig.parent / "ca.pem").write_text(cluster.ca_pem)
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "prod"}}

    def more(content: Kubeconfig) -> None:
        entry = content["clusters"][0]["cluster"]
        entry["extensions"] = [{"name": "other", "extension": 1}, extension]
        if as_file:
            del entry["certificate-authority-data"]
            entry["certificate-authority"] = "ca.pem"

    rewrite(more)
    assert images(config_from(scan.kubeconfig)) == HERE
    assert json.loads(received.read_text()) == {
        "apiVersion": VERSIONS[0],
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": cluster.url,
                "certificate-authority-data": cluster.certificate_authority,
                "config": {"audience": "prod"},
            },
        },
    }
    environment = (tmp_path / "received.env").read_text().splitlines()
    assert {"CLUSTER=of ours", "AWS_PROFILE=work"} <= set(environment)
    assert not any(SECRET in line for line in environment)
    assert (tmp_path / "received.in").read_text() == ""


def test_without_provide_cluster_info(scan: ClusterScan, plugin: Plugin, tmp_path: Path) -> None:
    received = tmp_path / "received"
    plugin(f'printf %s "$KUBERNETES_EXEC_INFO" >{received}; ' + prints(token=DEFAULT_TOKEN))
    assert images(config_from(scan.kubeconfig)) == HERE
    assert json.loads(received.read_text())["spec"] == {"interactive": False}


# number of runs and time limits


def test_a_rejected_token_is_renewed_once(
    cluster: Cluster, scan: ClusterScan, plugin: Plugin, runs: Path
) -> None:
    plugin(prints(token="refused"))
    with pytest.raises(ServiceError, match="does not accept the credentials: renew the token"):
        images(config_from(scan.kubeconfig))
    assert runs.read_text() == "xx"
    assert {call.status for call in cluster.calls} == {401}


def test_a_token_rotated_during_the_scan(scan: ClusterScan, plugin: Plugin, runs: Path) -> None:
    old, new = prints(token="old"), prints(token=DEFAULT_TOKEN)
    plugin(f"if [ $(cat {runs}) = x ]; then {old}else {new}fi")
    assert images(config_from(scan.kubeconfig)) == HERE
    assert runs.read_text() == "xx"


def test_the_next_scan_runs_the_plugin_again(scan: ClusterScan, plugin: Plugin, runs: Path) -> None:
    plugin("exit 1")
    source = scan.source()
    with pytest.raises(ServiceError, match="exited with 1"):
        list(source.image_uses())
    plugin(prints(token=DEFAULT_TOKEN))
    assert {image_use.image for image_use in source.image_uses()} == HERE
    assert runs.read_text() == "xx"


def is_alive(process: int) -> bool:
    """False for a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_hanging_plugin_is_killed_with_its_children(
    scan: ClusterScan, plugin: Plugin, runs: Path, tmp_path: Path
) -> None:
    children = tmp_path / "children"
    plugin(f"sleep 100 & echo $! >{children}; sleep 100")
    began = time.monotonic()
    with pytest.raises(ServiceError, match=r"sh of the kubeconfig timed out.*kubernetes.timeout"):
        list(scan.source(timeout=2).image_uses())
    assert time.monotonic() - began < 50
    assert runs.read_text() == "x"
    end = time.monotonic() + 30
    while is_alive(int(children.read_text())) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_alive(int(children.read_text()))


def test_a_plugin_that_closed_its_output_and_hangs(scan: ClusterScan, plugin: Plugin) -> None:
    plugin("exec >&-; sleep 100")
    with pytest.raises(ServiceError, match="timed out"):
        list(scan.source(timeout=1).image_uses())


def test_a_remaining_child_process_is_not_waited_for(
    scan: ClusterScan, plugin: Plugin, tmp_path: Path
) -> None:
    """For example, a plugin that starts an agent. The agent is not killed."""
    child = tmp_path / "child"
    plugin(f"sleep 100 & echo $! >{child}; {prints(token=DEFAULT_TOKEN)}")
    assert images(config_from(scan.kubeconfig)) == HERE
    assert is_alive(int(child.read_text()))
    os.kill(int(child.read_text()), 9)


def test_other_clusters_do_not_wait_for_a_plugin(
    cluster: Cluster, scan: ClusterScan, plugin: Plugin, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = ClusterScan(cluster, tmp_path / "other")
    over = tmp_path / "over"
    plugin(f"until [ -e {over} ]; do sleep 0.02; done; {prints(token=DEFAULT_TOKEN)}")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(scan)
        try:
            assert {used for used, _ in other()} == HERE
            assert not waiting.done()
        finally:
            over.touch()
        assert {used for used, _ in waiting.result()} == HERE


def test_plugins_only_run_for_named_settings(
    cluster: Cluster, scan: ClusterScan, plugin: Plugin, runs: Path
) -> None:
    plugin(prints(token=DEFAULT_TOKEN))
    with pytest.raises(ServiceError, match=r"has an exec plugin.*name their file with --config"):
        images(config_from(scan.kubeconfig, trust=KubeconfigTrust.FOUND))
    assert runs.read_text() == ""
    assert not list(cluster.calls)


def test_plugins_do_not_run_for_an_unusable_address(
    scan: ClusterScan, plugin: Plugin, rewrite: Rewrite, runs: Path
) -> None:
    plugin(prints(token=DEFAULT_TOKEN))
    rewrite(lambda c: c["clusters"][0]["cluster"].update(server="http://127.0.0.1:1"))
    with pytest.raises(ServiceError, match="over plain HTTP"):
        images(config_from(scan.kubeconfig))
    assert runs.read_text() == ""
