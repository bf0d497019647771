"""msgspec types are prepared before several threads use them."""

import subprocess
import sys

FIRST_USE = """
import sys
from contextlib import suppress
from bot.core.image_references import RegistryHosts
from bot.usage.kubernetes import cluster_api, cluster_source, exec_plugin, kubeconfig
from bot.usage.kubernetes import kubernetes_objects
from bot.usage.kubernetes.errors import ClusterSettingsError
from bot.usage.kubernetes.cluster_source import CustomResource
from lightkube.config.kubeconfig import KubeConfig
from lightkube.core.decoders import decode_list
from lightkube.models.meta_v1 import Status
from bot.store import plan_packing, plans
import msgspec

custom = CustomResource("example.com", "v1", "things", ("spec.template",)).resource
found_out = []

def note(frame, event, _):
    if event == "call" and frame.f_code.co_name == "get_class_annotations":
        found_out.append(frame.f_locals["obj"])

sys.setprofile(note)
texts = [b'{"metadata": {"name": "a"}, "spec": {}}', b"{}", b'{"status": {"token": "a"}}']
for decode in (
    *(kind.read for kind in kubernetes_objects.BUILT_IN),
    lambda text, _: msgspec.json.decode(text, type=kubernetes_objects.TemplatedWorkload),
    lambda text, _: exec_plugin._credentials("a", text),
    lambda text, _: msgspec.convert({}, exec_plugin.ExecPlugin),
    lambda text, _: Status.from_dict({}),
    lambda text, _: KubeConfig.from_dict(
        {
            "clusters": [{"name": "a", "cluster": {"server": "a"}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "users": [{"name": "a", "user": {"exec": {"command": "a", "apiVersion": "a"}}}],
        }
    ),
):
    for text in texts:
        with suppress(msgspec.ValidationError, ClusterSettingsError):
            decode(text, RegistryHosts({}))
for resource in (*(kind.resource for kind in kubernetes_objects.BUILT_IN), custom):
    decode_list(b'{"items": [], "metadata": {}}', resource)
with suppress(msgspec.ValidationError):
    plan_packing._DOCUMENT.decode(b'[1]')
with suppress(msgspec.ValidationError):
    plans._DIFFERENCE.decode(b'[]')
sys.setprofile(None)
print(found_out)
"""


def test_types_are_prepared_before_threads_use_them() -> None:
    """msgspec inspects a type at its first use. The process crashes if two threads do so at the
    same time for one type."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_USE], capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.strip() == "[]"
