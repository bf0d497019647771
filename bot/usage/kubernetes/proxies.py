"""Which proxy leads to a cluster: a client that is given its transport does not look for one."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from lightkube.core.exceptions import ConfigError


def proxy_for(server: str) -> str | None:
    """By HTTPS_PROXY and NO_PROXY, whose entries may be networks, as kubectl takes them. Raises
    ConfigError, without the proxy's URL in it: passwords stand there."""
    proxy = getproxies().get("https")
    host = urlsplit(server).hostname or ""
    if not proxy or proxy_bypass(host) or _is_within(host, getproxies().get("no", "")):
        return None
    scheme, colon, _ = proxy.partition("://")
    if colon and scheme not in ("http", "https"):
        raise ConfigError(f"HTTPS_PROXY names a proxy of kind {scheme}: http and https are known")
    return proxy if colon else f"http://{proxy}"


def _is_within(host: str, networks: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _networks(networks))


def _networks(listed: str) -> Iterator[IPv4Network | IPv6Network]:
    """What is no network is a host's name, which somebody else compares."""
    for entry in listed.split(","):
        if "/" in entry:
            try:
                yield ip_network(entry.strip(), strict=False)
            except ValueError:
                continue
