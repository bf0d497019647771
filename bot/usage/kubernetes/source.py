"""Kubernetes: one cluster."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from bot.core.references import Hosts
from bot.core.usage import Sighting
from bot.parallel import in_parallel
from bot.usage.kubernetes.api import ClusterApi
from bot.usage.kubernetes.content import mentions
from bot.usage.kubernetes.custom import CustomResource
from bot.usage.kubernetes.errors import in_words
from bot.usage.kubernetes.objects import BUILT_IN, BuiltIn
from bot.usage.kubernetes.sightings import Listed, sightings

Resource = CustomResource | type[BuiltIn]


class KubernetesSource:
    """All that runs pods in a cluster or would start some."""

    name = "kubernetes"

    def __init__(
        self, api: ClusterApi, custom_resources: Sequence[CustomResource], hosts: Hosts
    ) -> None:
        self.scope = api.name
        self._api = api
        self._custom_resources = custom_resources
        self._hosts = hosts

    def sightings(self) -> Iterator[Sighting]:
        resources: list[Resource] = [*self._custom_resources, *BUILT_IN]
        with closing(self._api), in_words("list what starts pods", self.scope):
            found = [each for some in in_parallel(self._objects, resources) for each in some]
            yield from sightings(self.scope, found, self._hosts)

    def _objects(self, resource: Resource) -> Sequence[Listed]:
        def read(text: bytes) -> Listed:
            return Listed(resource.read(text, self._hosts), mentions(text, self._hosts))

        return self._api.list(resource.resource, read)
