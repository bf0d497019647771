"""Versions in tags of real projects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from bot.core.errors import PatternError
from bot.core.patterns import Patterns
from bot.core.version_pattern import version_pattern
from bot.core.version_tags import VERSIONS, TagVersion, VersionLine, VersionSyntax
from tests.core.test_properties import tries


def parsed(tag: str, syntax: VersionSyntax = VERSIONS) -> TagVersion:
    version = syntax.parse(tag)
    assert version
    return version


def described(version: TagVersion) -> str:
    """`build of app in alpine: 1.2.3 (17, 5)`."""
    line = version.line
    of = f" of {line.prefix}" if line.prefix else ""
    flavor = f" in {line.flavor}" if line.flavor else ""
    major, minor, patch = version.numbers
    order = ", ".join(text or str(number) for _, number, text in version.identifiers)
    numbers = ".".join(map(str, (major, minor, *patch)))
    return f"{line.kind}{of}{flavor}: {numbers}" + (f" ({order})" if order else "")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        # the plain ones
        ("1.2.3", "release: 1.2.3"),
        ("v1.2.3", "release: 1.2.3"),
        ("V1.2.3", "release: 1.2.3"),
        ("1.2", "release: 1.2.0"),
        ("v1.2", "release: 1.2.0"),
        ("1.2.3.4", "release: 1.2.3.4"),
        ("1.2.3.0", "release: 1.2.3"),
        ("0.0.0", "release: 0.0.0"),
        ("20240501.1.0", "release: 20240501.1.0"),
        # names before the version
        ("release-1.2.3", "release of release: 1.2.3"),
        ("app-1.2.3", "release of app: 1.2.3"),
        ("app_1.2.3", "release of app: 1.2.3"),
        ("My-App-v1.2.3", "release of my-app: 1.2.3"),
        ("py3.11-1.2.3", "release of py3.11: 1.2.3"),
        # Docker official images
        ("8.0.36-bookworm", "release in bookworm: 8.0.36"),
        ("3.12-slim", "release in slim: 3.12.0"),
        ("20.10.7-dind", "release in dind: 20.10.7"),
        ("1.27.3-alpine3.18-slim", "release in alpine3.18-slim: 1.27.3"),
        ("17.0.2_8-jre-alpine", "release in jre-alpine: 17.0.2"),
        ("3.13.0a1-slim", "prerelease in slim: 3.13.0 (alpha, 1)"),
        ("3.14.0rc2", "prerelease: 3.14.0 (rc, 2)"),
        ("2.4.1-rc2-alpine", "prerelease in alpine: 2.4.1 (rc, 2)"),
        ("17beta1", None),
        # other images
        ("12.1.0-devel-ubuntu22.04", "release in devel-ubuntu22.04: 12.1.0"),
        ("2.1.0-cuda12.1-cudnn8-runtime", "release in cuda12.1-cudnn8-runtime: 2.1.0"),
        ("1.2.3-debian-12-r5", "build in debian: 1.2.3 (12, 5)"),
        ("v1.27.3-k3s1", "release in k3s1: 1.27.3"),
        ("4.2.0-arm64v8", "release in arm64v8: 4.2.0"),
        ("4.2.0-linux-amd64", "release in linux-amd64: 4.2.0"),
        ("2.11.6-windowsservercore-ltsc2022", "release in windowsservercore-ltsc2022: 2.11.6"),
        ("2.452.2-lts-jdk17", "release in lts-jdk17: 2.452.2"),
        ("v1.11.1-eksbuild.8_linux_amd64", "build in eksbuild-linux-amd64: 1.11.1 (8)"),
        ("17.1.0-rc42.ee.0", "prerelease in ee: 17.1.0 (rc, 42, 0)"),
        ("1.22-alpha.e5d51db5a7e7e4ab5bd5d1a5ffdd3ccd5c1f5d2b", "prerelease: 1.22.0 (alpha)"),
        ("arm64v8-10.9.7ubu2204-ls22", "release of arm64v8 in ubu2204-ls22: 10.9.7"),
        ("v11.1.x-main", None),
        ("2024.05.1", "release: 2024.5.1"),
        ("22.04", "release: 22.4.0"),
        # Helm charts, with the + of build metadata as _
        ("1.4.2_b7f3a21", "release: 1.4.2"),
        ("1.4.2_build.5", "release: 1.4.2"),
        ("1.4.2_20240101", "release: 1.4.2"),
        ("108.4.0_up1.3.4", "release in up: 108.4.0"),
        ("100.0.4_up0.3.10-rc2", "prerelease in up: 100.0.4 (rc, 2)"),
        ("4.2.0_alpine3.18", "release in alpine3.18: 4.2.0"),
        ("1.4.2-rc.1_b7f3a21", "prerelease: 1.4.2 (rc, 1)"),
        # Maven, Gradle, Spring
        ("1.2.3-SNAPSHOT", "prerelease: 1.2.3 (snapshot)"),
        ("2.0.0-M1", "prerelease: 2.0.0 (m, 1)"),
        ("5.3.0.RC1", "prerelease: 5.3.0 (rc, 1)"),
        ("5.3.0.RELEASE", "release: 5.3.0"),
        ("4.1.0.Final", "release: 4.1.0"),
        # Python, Go, npm, git describe, GitVersion
        ("1.0.dev3", "prerelease: 1.0.0 (dev, 3)"),
        ("v2.0.0-beta.3", "prerelease: 2.0.0 (beta, 3)"),
        ("2.0.0-beta3", "prerelease: 2.0.0 (beta, 3)"),
        ("2.0.0-beta-3", "prerelease: 2.0.0 (beta, 3)"),
        ("v0.0.0-20240101120000-abcdef123456", "build: 0.0.0 (20240101120000)"),
        ("1.2.3-14-gabc1234", "build: 1.2.3 (14)"),
        ("1.2.3-feature-login.5", "build in feature-login: 1.2.3 (5)"),
        # builds
        ("8.0.36-1", "build: 8.0.36 (1)"),
        ("1.2.3-b45", "build: 1.2.3 (45)"),
        ("1.2.3-build.5", "build: 1.2.3 (5)"),
        ("1.2.3-20240101-abcdef1", "build: 1.2.3 (20240101)"),
        ("1.2.3-20240101T120000Z", "build: 1.2.3 (20240101120000)"),
        ("1.2.3-5114f85", "commit: 1.2.3"),
        ("1.2.3-1234567", "commit: 1.2.3"),
        ("1.2.3-sha.5114f85", "commit: 1.2.3"),
        ("1.2.3-alpine-5114f85", "commit in alpine: 1.2.3"),
        ("1.2.3-dev.20240101.abc1234", "prerelease: 1.2.3 (dev, 20240101)"),
        ("b7f3a21-1.2.3", "commit: 1.2.3"),
        ("1534-1.2.3", "build: 1.2.3 (1534)"),
        ("1.2.3-4.5.6", "build: 1.2.3 (4, 5, 6)"),
        # no versions
        ("latest", None),
        ("1", None),
        ("v1", None),
        ("1534", None),
        ("16-alpine", None),
        ("20240501.1", None),
        ("9.x", None),
        ("1.2.x", None),
        ("1.2.3.x", None),
        ("main-2.0.0", None),
        ("feature-2.0-rewrite", None),
        ("PR-12-1.0.0", None),
        ("1..2", None),
        ("RELEASE.2023-10-07T15-07-38Z", None),
        (f"sha256-{'0' * 64}.sig", None),
    ],
)
def test_tags_of_real_projects(tag: str, expected: str | None) -> None:
    version = VERSIONS.parse(tag)
    assert (version and described(version)) == expected


@pytest.mark.parametrize(
    ("pattern", "tag", "version"),
    [
        ("release-{version}", "release-1.2.3", "1.2.3"),
        ("release-{version}", "Release-v1.2.3-rc.1", "v1.2.3-rc.1"),
        ("release-{version}", "1.2.3", None),
        ("go{version}", "go1.21.3", "1.21.3"),
        ("{version}-prod", "1.2.3-rc.1-prod", "1.2.3-rc.1"),
        ("{version}-prod", "1.2.3-prod-eu", None),
        ("{version}-*", "1.2.3-rc.1-prod", "1.2.3"),
        ("build-*-{version}", "build-1534-1.2.3", "1.2.3"),
        ("*{version}*", "python3.11-app-1.2.3", "3.11"),
        ("*-{version}", "python3.11-app-1.2.3", "1.2.3"),
        ("{version}", "1", None),
        ("/rel(ease)?-(?P<version>.*)/", "rel-1.2.3-rc.1", "1.2.3-rc.1"),
        ("/rel(ease)?-(?P<version>.*)/", "1.2.3", None),
        ("/(?P<version>[0-9.]+)-.*/", "1.2.3-rc.1", "1.2.3"),
    ],
)
def test_patterns(pattern: str, tag: str, version: str | None) -> None:
    assert version_pattern(pattern).version_in(tag) == version


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "release", "{version}-{version}", "[-{version}", "app/{version}"),
        *("/release/", "/(?P<app>.*)-(?P<version>.*)/", "/(?P<version>.*)\\/x/", "/(?P<version>/"),
    ],
)
def test_wrong_patterns(pattern: str) -> None:
    with pytest.raises(PatternError):
        version_pattern(pattern)


@pytest.mark.parametrize(
    ("tag", "line"),
    [
        ("1.0.0-alpine3.19", VersionLine(flavor="alpine")),
        ("1.0.0-alpine", VersionLine(flavor="alpine")),
        ("1.0.0-jdk-slim", VersionLine(flavor="jdk-slim")),
        ("1.0.0-rc1", VersionLine(flavor="rc")),
        ("1.0.0-edge", parsed("1.0.0-dev").line),
        ("1.0.0-hotfix", parsed("1.0.0-dev").line),
        ("1.0.0-edge-alpine", parsed("1.0.0-dev-alpine").line),
    ],
)
def test_own_words(tag: str, line: VersionLine) -> None:
    flavors = tuple(map(Patterns.of, ("alpine", "rc", "jdk-slim")))
    assert parsed(tag, VersionSyntax(Patterns.of("edge"), flavors)).line == line


def test_no_flavors_as_in_semver_org() -> None:
    assert parsed("4.2.0-alpine", VersionSyntax(flavors=())).line == parsed("4.2.0-rc").line


numbers = st.integers(0, 3).map(str)
words = st.sampled_from(["alpha", "beta", "rc", "dev"])
prereleases = st.lists(words | numbers, min_size=1, max_size=3).map(".".join)
strict = st.builds(
    "{}.{}.{}{}".format,
    *(st.just("1"), st.just("0"), numbers),
    st.just("") | prereleases.map("-{}".format),
)


@given(one=strict, other=strict)
@tries(150)
def test_strict_versions_have_the_order_of_semver_org(one: str, other: str) -> None:
    first, second = parsed(one), parsed(other)
    if first.line == second.line:
        assert (order(first) < order(second)) == (Version.parse(one) < Version.parse(other))


def order(version: TagVersion) -> tuple[object, ...]:
    return version.numbers, version.identifiers


@given(tag=st.text("1.02-_vxabrc+m", max_size=20))
@tries(250)
def test_any_text_is_read_or_is_no_version(tag: str) -> None:
    version = VERSIONS.parse(tag)
    assert version is None or version == VERSIONS.parse(tag.upper())
