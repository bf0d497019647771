"""References in longer texts."""

import pytest

from bot.core.image_references import RegistryHosts, references_in
from bot.core.repository import RegistryId

IRELAND = RegistryId("123456789012", "eu-west-1")
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
HEX = "ab" * 32
DIGEST = f"sha256:{HEX}"
API = f"{HOST}/team/api:1.0"
HOSTS = RegistryHosts(
    {"harbor.example.com/ecr-proxy": IRELAND, "registry:5000": IRELAND, "localhost": IRELAND}
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (API, {API}),
        (f"--config-reloader-image={API}", {API}),
        (f"RELATED_IMAGE_WORKER={API}", {API}),
        (f"{API},{HOST}/team/web:2.0;{HOST}/c:3", {API, f"{HOST}/team/web:2.0", f"{HOST}/c:3"}),
        (f"docker pull '{API}' && docker run \"{API}\"", {API}),
        (f"https://{API}", {API}),
        (f"AWS:token@{API}", {API}),
        (f"({API})", {API}),
        (f"`{API}`", {API}),
        (f"proxy.example.com/{API}", {API}),
        (f"{HOST}/team/api", {f"{HOST}/team/api"}),
        (f"{HOST}/team/api@{DIGEST}", {f"{HOST}/team/api@{DIGEST}"}),
        (f"{API}@{DIGEST}", {f"{API}@{DIGEST}"}),
        (f"{API}@sha256:short", {API}),
        (f"{HOST}:443/team/api:1.0", {f"{HOST}:443/team/api:1.0"}),
        (f"{HOST.upper()}/team/api:V1", {f"{HOST.upper()}/team/api:V1"}),
    ],
)
def test_the_longest_reference_after_a_host(text: str, found: set[str]) -> None:
    assert references_in(text, HOSTS) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"It runs {API}.", {API, f"{API}."}),
        (f"It runs {API}...", {API, f"{API}..."}),
        (f"_{API}_", {API, f"{API}_"}),
        (f"{HOST}/team/api:_", {f"{HOST}/team/api", f"{HOST}/team/api:_"}),
        (f"It runs {HOST}/team/api.", {f"{HOST}/team/api"}),
        (f"See {HOST}/team/api: new", {f"{HOST}/team/api"}),
        (f"{HOST}/team/api/", {f"{HOST}/team/api"}),
        (f"{HOST}/team/api:${{TAG}}", {f"{HOST}/team/api"}),
        (f"{API}:ro", {API}),
        (f"{API}/path", {API}),
    ],
)
def test_punctuation_after_a_reference(text: str, found: set[str]) -> None:
    assert references_in(text, HOSTS) == found


@pytest.mark.parametrize(
    "text",
    [
        rf'{{"image":"{API}"}}',
        rf"{{\"image\":\"{API}\"}}",
        rf"first\n{API}\nlast",
        rf"\u003c{API}\u003e",
        rf"\\\n{API}\\\n",
        API.replace("/", r"\/"),
        API.replace("/", r"\\\/"),
        f"ä{API}ü",
        f"\ud800{API}\ud800",
    ],
)
def test_json_in_json(text: str) -> None:
    assert references_in(text, HOSTS) == {API}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a harbor.example.com/ecr-proxy/api:1 b", {"harbor.example.com/ecr-proxy/api:1"}),
        ("Harbor.Example.com:443/x/api:1", {"Harbor.Example.com:443/x/api:1"}),
        (r"\nharbor.example.com/x:1", {"harbor.example.com/x:1"}),
        (r"\u003dharbor.example.com/x:1", {"harbor.example.com/x:1"}),
        ("registry:5000/api:1", {"registry:5000/api:1"}),
        ("registry:50001/api:1", set()),
        ("my-harbor.example.com/x:1", set()),
        ("harbor.example.com.evil.example/x:1", set()),
        ("harbor.example.com:8443/x:1", set()),
        ("localhost/x", {"localhost/x"}),
        ("localhost:8080/x", set()),
        ("harbor.example.com", set()),
    ],
)
def test_hosts_of_aliases(text: str, found: set[str]) -> None:
    assert references_in(text, HOSTS) == found


@pytest.mark.parametrize(
    "host",
    [
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
        "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
        "123456789012.dkr-ecr.eu-west-1.on.aws",
        "123456789012.dkr-ecr-fips.us-east-1.on.aws",
    ],
)
def test_all_ecr_hosts(host: str) -> None:
    assert references_in(f"image={host}/api:1", RegistryHosts({})) == {f"{host}/api:1"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        HOST,
        f"{HOST}/",
        f"{HOST}.evil.example/team/api:1",
        f"{HOST}/Team:1",
        "23456789012.dkr.ecr.eu-west-1.amazonaws.com/api:1",
        "dkr.ecr",
        "docker.io/library/nginx:1",
        f"{DIGEST}0",
    ],
)
def test_texts_without_a_reference(text: str) -> None:
    assert references_in(text, HOSTS) == set()


def test_digests_are_found_anywhere() -> None:
    assert references_in(f"mirror.corp.example/api@{DIGEST}", HOSTS) == {DIGEST}


def test_the_time_is_linear_in_the_length() -> None:
    """In quadratic time, this would take minutes."""
    text = f"{HOST}/" + "a-" * 200_000 + "dkr.ecr" * 50_000
    assert len(references_in(text, HOSTS)) == 1
