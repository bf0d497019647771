"""The repositories of an example company with two accounts: 18 months of pushes each.

Each repository shows another way of building and tagging. `seed_usage` and `seed_kubernetes` create
the workloads.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.playground.aws.manifests import (
    NOTARY_SIGNATURE,
    cosign_signature,
    cosign_tag,
    fallback_tag,
    helm_chart,
    image,
    referrer,
    referrers_fallback,
)
from bot.playground.seed_images import (
    MIB,
    PLATFORMS,
    PushedManifest,
    app,
    app_layers,
    base_layers,
    commit_hash,
    config,
    multi_arch,
    size_of,
    times_every,
)

SECOND_ACCOUNT = "210987654321"
"""The data scientists' account. Its workloads also pull from the first account's registry."""

PushHistory = Callable[[datetime], Iterator[PushedManifest]]

_PULLED_BY_PARTNER = ("1.9.0", timedelta(days=3))
"""A release and the age of its last pull. No usage source lists the partner's workload."""

_FAT_JAR = (110 * MIB, 160 * MIB)
_GPU_BASE = 3_200 * MIB


def _shop_api(now: datetime) -> Iterator[PushedManifest]:
    """Java: a release every fortnight, snapshots in between, `latest` on the newest release."""
    for number, at in enumerate(times_every(timedelta(days=14), now)):
        version = f"1.{number}.0"
        for build in range(1, 7):
            pushed = at - timedelta(days=14) + timedelta(days=2 * build)
            snapshot = f"{version}-SNAPSHOT-{build}"
            yield PushedManifest(app("api", snapshot, pushed, now, _FAT_JAR), pushed, (snapshot,))
        pulled = at + timedelta(days=13) if number % 2 else None
        if version == _PULLED_BY_PARTNER[0]:
            pulled = now - _PULLED_BY_PARTNER[1]
        tags = (version, "latest") if at + timedelta(days=14) > now else (version,)
        yield PushedManifest(app("api", version, at, now, _FAT_JAR), at, tags, pulled)


def _shop_web(now: datetime) -> Iterator[PushedManifest]:
    """Multi-arch by buildx: each build moves `main` and leaves the previous build untagged."""
    for number, at in enumerate(times_every(timedelta(days=5), now)):
        tags = ("main", f"2.{number // 4}.0") if number % 4 == 0 else ("main",)
        pulled = at + timedelta(days=4) if number % 4 == 0 else None
        images = [
            app("web", f"build {number} {each}", at, now, (60 * MIB, 90 * MIB))
            for each in PLATFORMS
        ]
        yield from multi_arch(f"web build {number}", images, at, tags, pulled)


def _shop_worker(now: datetime) -> Iterator[PushedManifest]:
    """Signed with cosign tags at first, with OCI referrers and an SBOM in the last nine months."""
    switched = now - timedelta(days=270)
    for number, at in enumerate(times_every(timedelta(days=12), now)):
        text = app("worker", f"build {number}", at, now, (180 * MIB, 240 * MIB))
        signed = at + timedelta(minutes=1)
        yield PushedManifest(text, at, (f"build-{number}",))
        if at < switched:
            yield PushedManifest(cosign_signature(text), signed, (cosign_tag(text),))
        else:
            yield PushedManifest(referrer(text), signed)
            yield PushedManifest(referrer(text, NOTARY_SIGNATURE, size=2_400), signed)
    yield from _notation_fallback(now - timedelta(days=300), now)


def _notation_fallback(at: datetime, now: datetime) -> Iterator[PushedManifest]:
    """A signature from before ECR supported referrers: an index tagged `sha256-…` lists it."""
    text = app("worker", "hotfix", at, now)
    signature = referrer(text, NOTARY_SIGNATURE, name="fallback ", size=2_400)
    yield PushedManifest(text, at, ("hotfix",))
    yield PushedManifest(signature, at)
    yield PushedManifest(referrers_fallback([signature]), at, (fallback_tag(text),))


def _shop_payments(now: datetime) -> Iterator[PushedManifest]:
    """Each commit is built and signed. Each fifth build is promoted: it gets a release tag, and
    `staging` or `production` moves to it."""
    for number, at in enumerate(times_every(timedelta(days=6), now)):
        text = app("payments", f"build {number}", at, now, (90 * MIB, 130 * MIB))
        promoted = ("staging", f"3.{number // 5}.0") if number % 5 == 0 else ()
        released = ("production",) if number % 10 == 0 else ()
        yield PushedManifest(
            text, at, (f"git-{commit_hash(f'payments {number}')}", *promoted, *released)
        )
        yield PushedManifest(cosign_signature(text), at + timedelta(minutes=2), (cosign_tag(text),))


def _partner_feeds(now: datetime) -> Iterator[PushedManifest]:
    """A partner account pulls from it: see `seed_second_account`."""
    for number, at in enumerate(times_every(timedelta(days=20), now)):
        yield PushedManifest(app("feeds", f"{number}", at, now), at, (f"v{number}",))


def _platform_charts(now: datetime) -> Iterator[PushedManifest]:
    for number, at in enumerate(times_every(timedelta(days=30), now)):
        for chart in ("api", "web"):
            version = f"0.{number}.0"
            yield PushedManifest(helm_chart(chart, version), at, (f"{chart}-{version}",))


def _platform_base(now: datetime) -> Iterator[PushedManifest]:
    """Base images: no workload runs them, but builds pull the newest ones daily."""
    for number, at in enumerate(times_every(timedelta(days=60), now)):
        tags = (f"jre-21.{number}", "jre-21")
        pulled = now - timedelta(hours=8) if at + timedelta(days=120) > now else None
        text = image(config("base", str(number)), base_layers(at, now), docker=True)
        yield PushedManifest(text, at, tags, pulled)


def _mobile_bff(now: datetime) -> Iterator[PushedManifest]:
    """A new service: all images were pushed within the last day."""
    for number in range(6):
        at = now - timedelta(hours=20 - 3 * number)
        yield PushedManifest(app("bff", f"build {number}", at, now), at, (f"0.1.{number}",))


def _legacy_reports(now: datetime) -> Iterator[PushedManifest]:
    """Half of the older images were archived 200 days ago."""
    archived = now - timedelta(days=200)
    for number, at in enumerate(times_every(timedelta(days=36), now)):
        build = f"build {number}"
        text = image(config("reports", build), app_layers("reports", build, at, now), docker=True)
        moved = archived if at < archived and number % 2 else None
        yield PushedManifest(text, at, (f"r{number}",), archived_at=moved)


def _no_pushes(_now: datetime) -> Iterator[PushedManifest]:
    return iter(())


def _recommender(now: datetime) -> Iterator[PushedManifest]:
    """Each build contains a model, on a GPU base image that changes twice a year."""
    for number, at in enumerate(times_every(timedelta(days=4), now)):
        base = f"cuda {(now - at) // timedelta(days=180)}"
        model = f"recommender model {number}"
        layers = [(base, _GPU_BASE), (model, size_of(model, 1_400 * MIB, 2_100 * MIB))]
        yield PushedManifest(
            image(config("recommender", str(number)), layers), at, (f"train-{number}",)
        )


def _notebooks(now: datetime) -> Iterator[PushedManifest]:
    """Notebooks run on the users' own machines, which no usage source lists."""
    for number, at in enumerate(times_every(timedelta(days=14), now)):
        tools = f"notebook tools {number}"
        layers = [*base_layers(at, now), (tools, size_of(tools, 700 * MIB, 900 * MIB))]
        pulled = now - timedelta(days=2) if number in (20, 24) else None
        yield PushedManifest(
            image(config("notebook", str(number)), layers), at, (f"week-{number}",), pulled
        )


COMPANY_REPOSITORIES: dict[str, PushHistory] = {
    "shop/api": _shop_api,
    "shop/web": _shop_web,
    "shop/worker": _shop_worker,
    "shop/payments": _shop_payments,
    "partner/feeds": _partner_feeds,
    "platform/charts": _platform_charts,
    "platform/base": _platform_base,
    "mobile/bff": _mobile_bff,
    "legacy/reports": _legacy_reports,
    "data/etl": _no_pushes,
}

SECOND_ACCOUNT_REPOSITORIES: dict[str, PushHistory] = {
    "ml/recommender": _recommender,
    "ml/notebooks": _notebooks,
}
