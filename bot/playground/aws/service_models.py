"""The service models of botocore, each loaded once."""

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel


@cache
def service_model(name: str) -> ServiceModel:
    return ServiceModel(_loader().load_service_model(name, "service-2"), name)


@cache
def _loader() -> Loader:
    return Loader()
