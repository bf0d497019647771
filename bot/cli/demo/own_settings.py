"""Settings for the bot on somebody's own account, in the demo's workspace."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from bot.core.errors import RequestError
from bot.settings import DEFAULT_FILE, Settings, load_settings
from bot.settings.load import parse

_TAKEN_OVER = ("registries", "policies", "usage", "pins", "price_per_gb_month")
"""Keys that tell what is there and what is kept. All others are the demo's own."""


def own_settings(config: Path | None, channel: str, clusters: Sequence[str] = ()) -> str:
    """As YAML: what the file says of the account, with reports for this channel, without roles that
    delete, and with nothing that lets anybody approve. `config` None: the default file, if there is
    one; it must not name kubeconfigs, since the bot takes the result for a named file. `clusters`:
    ARNs of EKS clusters that are read in addition. Raises RequestError if the file is wrong."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - no other command needs it here

    _expect_no_kubeconfigs_found(load_settings(config))
    file = config or DEFAULT_FILE
    told = parse(file) if file.exists() else {}
    kept = {key: told[key] for key in _TAKEN_OVER if key in told}
    for registry in kept.get("registries") or ():
        registry.pop("delete_role_arn", None)
    usage = kept["usage"] = kept.get("usage") or {}
    _make_paths_absolute(usage, file.parent.resolve())
    if clusters:
        listed = [{"name": arn, "eks": arn} for arn in clusters]
        usage["kubernetes"] = {**(usage.get("kubernetes") or {}), "clusters": listed}
    ours = {"reports": [{"channel": channel}], "execution": {"enabled": False}}
    text = StringIO()
    YAML(typ="safe", pure=True).dump({**kept, **ours}, text)
    return text.getvalue()


def _expect_no_kubeconfigs_found(settings: Settings) -> None:
    """A kubeconfig may run commands; settings found in the working folder may not."""
    kubernetes = settings.usage.kubernetes
    if settings.were_found and kubernetes and any(each.kubeconfig for each in kubernetes.clusters):
        raise RequestError(
            f"{DEFAULT_FILE} was found in the working folder, and names kubeconfigs: if you trust "
            "it, name it with --config"
        )


def _make_paths_absolute(usage: dict[str, Any], folder: Path) -> None:
    """The settings of the demo stand elsewhere."""
    if files := usage.get("files"):
        usage["files"] = [str(folder / each) for each in files]
    for cluster in (usage.get("kubernetes") or {}).get("clusters") or ():
        if path := cluster.get("kubeconfig"):
            cluster["kubeconfig"] = str(folder / Path(path).expanduser())
