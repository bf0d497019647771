"""What a company with two accounts pushed in 18 months: one story a repository, each with a habit
of its own. What runs is told by `seed_usage` and `seed_kubernetes`."""

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
    Push,
    app,
    app_layers,
    base_layers,
    commit,
    config,
    every,
    indexed,
    size_of,
)

BRANCH = "210987654321"
"""The account of the data scientists, who pull from the company's registry too."""

Story = Callable[[datetime], Iterator[Push]]

_SHARED_BY_HAND = ("1.9.0", timedelta(days=3))
"""A release that somebody pulled so long ago, from where nobody looks."""

_FAT_JAR = (110 * MIB, 160 * MIB)
_GPU_BASE = 3_200 * MIB


def _shop_api(now: datetime) -> Iterator[Push]:
    """Java: a release every fortnight, snapshots in between, `latest` on the newest release."""
    for number, at in enumerate(every(timedelta(days=14), now)):
        version = f"1.{number}.0"
        for build in range(1, 7):
            pushed = at - timedelta(days=14) + timedelta(days=2 * build)
            snapshot = f"{version}-SNAPSHOT-{build}"
            yield Push(app("api", snapshot, pushed, now, _FAT_JAR), pushed, (snapshot,))
        pulled = at + timedelta(days=13) if number % 2 else None
        if version == _SHARED_BY_HAND[0]:
            pulled = now - _SHARED_BY_HAND[1]
        tags = (version, "latest") if at + timedelta(days=14) > now else (version,)
        yield Push(app("api", version, at, now, _FAT_JAR), at, tags, pulled)


def _shop_web(now: datetime) -> Iterator[Push]:
    """Multi-arch by buildx: every build moves `main` and leaves the last one untagged."""
    for number, at in enumerate(every(timedelta(days=5), now)):
        tags = ("main", f"2.{number // 4}.0") if number % 4 == 0 else ("main",)
        pulled = at + timedelta(days=4) if number % 4 == 0 else None
        images = [
            app("web", f"build {number} {each}", at, now, (60 * MIB, 90 * MIB))
            for each in PLATFORMS
        ]
        yield from indexed(f"web build {number}", images, at, tags, pulled)


def _shop_worker(now: datetime) -> Iterator[Push]:
    """Signed by cosign's tags at first, by OCI referrers with an SBOM in the last nine months."""
    switched = now - timedelta(days=270)
    for number, at in enumerate(every(timedelta(days=12), now)):
        text = app("worker", f"build {number}", at, now, (180 * MIB, 240 * MIB))
        signed = at + timedelta(minutes=1)
        yield Push(text, at, (f"build-{number}",))
        if at < switched:
            yield Push(cosign_signature(text), signed, (cosign_tag(text),))
        else:
            yield Push(referrer(text), signed)
            yield Push(referrer(text, NOTARY_SIGNATURE, size=2_400), signed)
    yield from _notation_fallback(now - timedelta(days=300), now)


def _notation_fallback(at: datetime, now: datetime) -> Iterator[Push]:
    """A signature from before ECR knew referrers: an index under a `sha256-…` tag lists it."""
    text = app("worker", "hotfix", at, now)
    signature = referrer(text, NOTARY_SIGNATURE, name="fallback ", size=2_400)
    yield Push(text, at, ("hotfix",))
    yield Push(signature, at)
    yield Push(referrers_fallback([signature]), at, (fallback_tag(text),))


def _shop_payments(now: datetime) -> Iterator[Push]:
    """Every commit is built and signed; every fifth is promoted, which tags the old image anew and
    moves `staging` and `production`."""
    for number, at in enumerate(every(timedelta(days=6), now)):
        text = app("payments", f"build {number}", at, now, (90 * MIB, 130 * MIB))
        promoted = ("staging", f"3.{number // 5}.0") if number % 5 == 0 else ()
        released = ("production",) if number % 10 == 0 else ()
        yield Push(text, at, (f"git-{commit(f'payments {number}')}", *promoted, *released))
        yield Push(cosign_signature(text), at + timedelta(minutes=2), (cosign_tag(text),))


def _partner_feeds(now: datetime) -> Iterator[Push]:
    """A partner pulls from it: see `open_branch`."""
    for number, at in enumerate(every(timedelta(days=20), now)):
        yield Push(app("feeds", f"{number}", at, now), at, (f"v{number}",))


def _platform_charts(now: datetime) -> Iterator[Push]:
    for number, at in enumerate(every(timedelta(days=30), now)):
        for chart in ("api", "web"):
            version = f"0.{number}.0"
            yield Push(helm_chart(chart, version), at, (f"{chart}-{version}",))


def _platform_base(now: datetime) -> Iterator[Push]:
    """Base images: no workload runs them, builds pull the newest ones daily."""
    for number, at in enumerate(every(timedelta(days=60), now)):
        tags = (f"jre-21.{number}", "jre-21")
        pulled = now - timedelta(hours=8) if at + timedelta(days=120) > now else None
        text = image(config("base", str(number)), base_layers(at, now), docker=True)
        yield Push(text, at, tags, pulled)


def _mobile_bff(now: datetime) -> Iterator[Push]:
    """A new service: everything was pushed within the last hours."""
    for number in range(6):
        at = now - timedelta(hours=20 - 3 * number)
        yield Push(app("bff", f"build {number}", at, now), at, (f"0.1.{number}",))


def _legacy_reports(now: datetime) -> Iterator[Push]:
    """Half of it was archived last spring."""
    archived = now - timedelta(days=200)
    for number, at in enumerate(every(timedelta(days=36), now)):
        build = f"build {number}"
        text = image(config("reports", build), app_layers("reports", build, at, now), docker=True)
        moved = archived if at < archived and number % 2 else None
        yield Push(text, at, (f"r{number}",), archived_at=moved)


def _nothing(_now: datetime) -> Iterator[Push]:
    return iter(())


def _recommender(now: datetime) -> Iterator[Push]:
    """A model with every build, on a base for graphics cards that changes twice a year."""
    for number, at in enumerate(every(timedelta(days=4), now)):
        base = f"cuda {(now - at) // timedelta(days=180)}"
        model = f"recommender model {number}"
        layers = [(base, _GPU_BASE), (model, size_of(model, 1_400 * MIB, 2_100 * MIB))]
        yield Push(image(config("recommender", str(number)), layers), at, (f"train-{number}",))


def _notebooks(now: datetime) -> Iterator[Push]:
    """People start them on machines of their own, where nobody sees them."""
    for number, at in enumerate(every(timedelta(days=14), now)):
        tools = f"notebook tools {number}"
        layers = [*base_layers(at, now), (tools, size_of(tools, 700 * MIB, 900 * MIB))]
        pulled = now - timedelta(days=2) if number in (20, 24) else None
        yield Push(image(config("notebook", str(number)), layers), at, (f"week-{number}",), pulled)


STORIES: dict[str, Story] = {
    "shop/api": _shop_api,
    "shop/web": _shop_web,
    "shop/worker": _shop_worker,
    "shop/payments": _shop_payments,
    "partner/feeds": _partner_feeds,
    "platform/charts": _platform_charts,
    "platform/base": _platform_base,
    "mobile/bff": _mobile_bff,
    "legacy/reports": _legacy_reports,
    "data/etl": _nothing,
}

BRANCHS_STORIES: dict[str, Story] = {
    "ml/recommender": _recommender,
    "ml/notebooks": _notebooks,
}
