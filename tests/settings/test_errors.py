"""Errors name every wrong key, with the value found and the values allowed."""

# ruff: noqa: E501 - one row for each case

from pathlib import Path

import pytest

from bot.core.errors import RequestError
from bot.core.name_syntax import ABOUT_PATTERNS
from bot.settings.load import load_settings

LIST, DURATION = "a list", "a duration, such as 30s, 5m, 24h or 30d"
SCAN_INTERVAL = "a duration from 5m to 3650d, such as 6h, or false"
LISTED = "a non-empty list"
VERSION = "a pattern for tags with a place for the version, such as release-{version}, "
PER = "a pattern for tags with placeholders, such as feature-{branch}-*"
TAGS = f"a pattern for tags (letters, digits, _ . -): {ABOUT_PATTERNS}"
REPOSITORIES = "a pattern for repository names or URIs (lowercase letters, digits, . _ - /): "
EKS = "a pattern for EKS cluster names (letters, digits, - _) or, if it starts with `arn:`"
MEDIA_TYPES = f"a pattern for media types, such as application/*helm*: {ABOUT_PATTERNS}"
COUNT, POSITIVE, USD = (
    "an integer, at least 0",
    "an integer, at least 1",
    "an amount in USD, at least 0",
)
PRICE = f"{USD}, or `auto` to read AWS's price list"
ACCOUNT, REGION = "a 12-digit AWS account ID, in quotes", "an AWS Region, such as eu-west-1"
ROLE, TEXT, SWITCH = "the ARN of an IAM role", "a non-empty string", "true or false"
PINNED = "a tag, a full digest, or a pattern for tags: * matches any text"
SOURCE = "the settings of this source, or false"
SCHEDULE = "DAY[,DAY…] HH:MM or daily HH:MM, such as `mon,thu 09:00`"
SHARE = "a percentage from 0% to 100%"
APPROVER = "a Slack user ID (U…), a Slack user group ID (S…), the @handle of a Slack user or user "
ZONE = "a time zone, such as Europe/Berlin"
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
PIN = "repository: a, pin: b, reason: c"
RESOURCE = "PLURAL.VERSION.GROUP, as for kubectl, such as rollouts.v1alpha1.argoproj.io"
TEMPLATE = "a JMESPath to the pod template, such as spec.template"
TEMPLATES = "a JMESPath to the pod template, or a list of them"
CLUSTERS, CUSTOM = "usage.kubernetes.clusters", "usage.kubernetes.custom_resources"


def custom(resource: str = "rollouts.v1alpha1.argoproj.io", template: str = "spec") -> str:
    entry = f"{{resource: {resource}, template: {template}}}"
    return f"usage: {{kubernetes: {{custom_resources: [{entry}]}}}}"


def error(text: str, folder: Path) -> str:
    file = folder / "ecr-clean.yml"
    file.write_text(text)
    with pytest.raises(RequestError) as caught:
        load_settings(file)
    (line,) = str(caught.value).splitlines()
    return line.removeprefix(f"{file}: ")


@pytest.mark.parametrize(
    ("text", "key", "found", "allowed"),
    [
        ("registries: eu-west-1", "registries", "'eu-west-1'", LIST),
        ("registries: null", "registries", "null", LIST),
        ("registries: [{region: Ireland}]", "registries[0].region", "'Ireland'", REGION),
        ("registries: [{}, {account: '12'}]", "registries[1].account", "'12'", ACCOUNT),
        ("registries: [{account: 123456789012}]", "registries[0].account", "123456789012", ACCOUNT),
        ("registries: [{role_arn: admin}]", "registries[0].role_arn", "'admin'", ROLE),
        ("registries: [{delete_role_arn: 1}]", "registries[0].delete_role_arn", "1", ROLE),
        ("registries: [{external_id: ''}]", "registries[0].external_id", "''", TEXT),
        ("registries: [eu-west-1]", "registries[0]", "'eu-west-1'", "a section with the keys region"),
        ("policies: 3", "policies", "3", LIST),
        ("policies: [{repositories: 'team/*'}]", "policies[0].repositories", "'team/*'", LISTED),
        ("policies: [{repositories: []}]", "policies[0].repositories", "[]", LISTED),
        ("policies: [{repositories: ['']}]", "policies[0].repositories[0]", "'', but a pattern must not be empty", REPOSITORIES),
        ("policies: [{repositories: ['[a']}]", "policies[0].repositories[0]", "'[a', but the [ in '[a' is never closed", REPOSITORIES),
        ("policies: [{min_age: 24}]", "policies[0].min_age", "24", DURATION),
        ("policies: [{min_age: 1w}]", "policies[0].min_age", "'1w'", DURATION),
        ("policies: [{min_age: -1h}]", "policies[0].min_age", "'-1h'", DURATION),
        ("policies: [{min_age: null}]", "policies[0].min_age", "null", DURATION),
        ("policies: [{artifact_types: [1]}]", "policies[0].artifact_types[0]", "1", MEDIA_TYPES),
        ("policies: [{keep: {}}]", "policies[0].keep", "{}", LIST),
        ("policies: [{keep: [{newest: -1}]}]", "policies[0].keep[0].newest", "-1", COUNT),
        ("policies: [{keep: [{newest: '5'}]}]", "policies[0].keep[0].newest", "'5'", COUNT),
        ("policies: [{keep: [{newest: true}]}]", "policies[0].keep[0].newest", "true", COUNT),
        ("policies: [{keep: [{newest: 1.5}]}]", "policies[0].keep[0].newest", "1.5", COUNT),
        ("policies: [{keep: [{newest: 1, per: 'v*'}]}]", "policies[0].keep[0].per", "'v*', but 'v*' has no placeholder", PER),
        ("policies: [{keep: [{newest: 1, per: '{a}-{a}'}]}]", "policies[0].keep[0].per", "'{a}-{a}', but '{a}-{a}' has the placeholder a twice", PER),
        ("policies: [{keep: [{newest: 1, per: '/(?=v)(?P<a>.)/'}]}]", "policies[0].keep[0].per", "'/(?=v)(?P<a>.)/', but '/(?=v)(?P<a>.)/' has a look-around ((?= at character 2)", PER),
        ("policies: [{keep: [{newest: 1, per: '{a}', active_within: 0d}]}]", "policies[0].keep[0].active_within", "'0d'", "a duration of at least 1s"),
        ("policies: [{keep: [{tags: ['/v(/']}]}]", "policies[0].keep[0].tags[0]", "'/v(/', but '/v(/' is not a regular expression that RE2 supports: missing ): v(", TAGS),
        ("policies: [{keep: [{tags: v}]}]", "policies[0].keep[0].tags", "'v'", LISTED),
        ("policies: [{keep: [{except_tags: ['[']}]}]", "policies[0].keep[0].except_tags[0]", "'['", TAGS),
        ("policies: [{keep: [{pushed_within: x}]}]", "policies[0].keep[0].pushed_within", "'x'", DURATION),
        ("policies: [{keep: [{used_within: 5}]}]", "policies[0].keep[0].used_within", "5", "a duration from 1s to 3650d"),
        ("policies: [{keep: [{used_within: 999999d}]}]", "policies[0].keep[0].used_within", "'999999d'", "a duration from 1s to 3650d"),
        ("policies: [{keep: [{pulled_within: 5}]}]", "policies[0].keep[0].pulled_within", "5", DURATION),
        ("policies: [{keep: [{semver: 3}]}]", "policies[0].keep[0].semver", "3", "a section with the keys majors"),
        ("policies: [{keep: [{semver: {majors: -1}}]}]", "policies[0].keep[0].semver.majors", "-1", COUNT),
        ("policies: [{keep: [{semver: {version: 'v*'}}]}]", "policies[0].keep[0].semver.version", "'v*'", VERSION),
        ("policies: [{keep: [{semver: {version: 'app/{version}'}}]}]", "policies[0].keep[0].semver.version", "'app/{version}'", VERSION),
        ("policies: [{keep: [{semver: {version: '{app}-{version}'}}]}]", "policies[0].keep[0].semver.version", "'{app}-{version}'", VERSION),
        ("policies: [{keep: [{semver: {version: '/v(.*)/'}}]}]", "policies[0].keep[0].semver.version", "'/v(.*)/'", VERSION),
        ("policies: [{keep: [{semver: {version: '/(?P<version>.*)/x/'}}]}]", "policies[0].keep[0].semver.version", "'/(?P<version>.*)/x/'", VERSION),
        ("policies: [{keep: [{semver: {prereleases: rc}}]}]", "policies[0].keep[0].semver.prereleases", "'rc'", LIST),
        ("policies: [{keep: [{semver: {flavors: ['a b']}}]}]", "policies[0].keep[0].semver.flavors[0]", "'a b'", TAGS),
        ("usage: []", "usage", "[]", "a section with the keys accounts"),
        ("usage: {accounts: {}}", "usage.accounts", "{}", LIST),
        ("usage: {accounts: [{account: x}]}", "usage.accounts[0].account", "'x'", ACCOUNT),
        ("usage: {regions: all}", "usage.regions", "'all'", LIST),
        ("usage: {ecs: true}", "usage.ecs", "true", SOURCE),
        ("usage: {ecs: null}", "usage.ecs", "null", SOURCE),
        ("usage: {ecs: {revisions: 0}}", "usage.ecs.revisions", "0", POSITIVE),
        ("usage: {lambda: null}", "usage.lambda", "null", SOURCE),
        ("usage: {files: used.txt}", "usage.files", "'used.txt'", "a list of paths, or false"),
        ("usage: {ignore_accounts: [1]}", "usage.ignore_accounts[0]", "1", ACCOUNT),
        ("usage: {ignore_services: [lambda]}", "usage.ignore_services[0]", "'lambda'", "a service principal"),
        ("usage: {registry_aliases: []}", "usage.registry_aliases", "[]", "a mapping of host names"),
        ("usage: {ignore_references: x}", "usage.ignore_references", "'x'", LIST),
        ("usage: {scan_every: 4m}", "usage.scan_every", "'4m'", SCAN_INTERVAL),
        ("usage: {scan_every: true}", "usage.scan_every", "true", SCAN_INTERVAL),
        ("usage: {scan_every: null}", "usage.scan_every", "null", SCAN_INTERVAL),
        ("usage: {calls_per_second: 0}", "usage.calls_per_second", "0", POSITIVE),
        ("usage: {expect_none: 1}", "usage.expect_none", "1", SWITCH),
        ("usage: {kubernetes: {clusters: x}}", "usage.kubernetes.clusters", "'x'", LIST),
        ("usage: {kubernetes: {clusters: [{name: ''}]}}", "usage.kubernetes.clusters[0].name", "''", TEXT),
        ("usage: {kubernetes: true}", "usage.kubernetes", "true", SOURCE),
        ("usage: {kubernetes: {clusters: [{name: a, eks: 1}]}}", f"{CLUSTERS}[0].eks", "1", TEXT),
        ("usage: {kubernetes: {clusters: [{name: a, in_cluster: 1}]}}", f"{CLUSTERS}[0].in_cluster", "1", SWITCH),
        ("usage: {kubernetes: {timeout: 0s}}", "usage.kubernetes.timeout", "'0s'", "a duration of at least 1s"),
        ("usage: {kubernetes: {timeout: 60}}", "usage.kubernetes.timeout", "60", "a duration of at least 1s"),
        ("usage: {kubernetes: {ignore: old}}", "usage.kubernetes.ignore", "'old'", LIST),
        ("usage: {kubernetes: {ignore: ['']}}", "usage.kubernetes.ignore[0]", "''", EKS),
        ("usage: {kubernetes: {ignore: ['[a']}}", "usage.kubernetes.ignore[0]", "'[a'", EKS),
        (custom("Rollout"), f"{CUSTOM}[0].resource", "'Rollout'", RESOURCE),
        (custom("rollouts.argoproj.io"), f"{CUSTOM}[0].resource", "'rollouts.argoproj.io'", RESOURCE),
        (custom("rollouts.v1alpha1"), f"{CUSTOM}[0].resource", "'rollouts.v1alpha1'", RESOURCE),
        (custom(template="''"), f"{CUSTOM}[0].template[0]", "''", TEMPLATE),
        (custom(template="spec."), f"{CUSTOM}[0].template[0]", "'spec.', but it is not a JMESPath expression: ", TEMPLATE),
        (custom(template="'spec[template'"), f"{CUSTOM}[0].template[0]", "'spec[template'", TEMPLATE),
        (custom(template="[a, 'b[']"), f"{CUSTOM}[0].template[1]", "'b['", TEMPLATE),
        (custom(template="[]"), f"{CUSTOM}[0].template", "[]", TEMPLATES),
        (custom(template="1"), f"{CUSTOM}[0].template", "1", TEMPLATES),
        ("reports: [{channel: 7}]", "reports[0].channel", "7", TEXT),
        ("reports: [{schedule: 'monday 9'}]", "reports[0].schedule", "'monday 9'", SCHEDULE),
        ("reports: [{schedule: 'mon 24:00'}]", "reports[0].schedule", "'mon 24:00'", SCHEDULE),
        ("reports: [{schedule: 'mon 09:00 '}]", "reports[0].schedule", "'mon 09:00 '", SCHEDULE),
        ("reports: [{time_zone: Berlin}]", "reports[0].time_zone", "'Berlin'", ZONE),
        ("reports: [{time_zone: ../etc}]", "reports[0].time_zone", "'../etc'", ZONE),
        ("reports: [{min_saving: -1}]", "reports[0].min_saving", "-1", USD),
        ("reports: [{approvers: [ann]}]", "reports[0].approvers[0]", "'ann'", APPROVER),
        ("approval: null", "approval", "null", "a section with the keys approvers"),
        ("approval: {approvers: ['@']}", "approval.approvers[0]", "'@'", APPROVER),
        ("approval: {approvers: ['@ann b']}", "approval.approvers[0]", "'@ann b'", APPROVER),
        ("approval: {remind_after: 3}", "approval.remind_after", "3", "a duration of at least 1s"),
        ("approval: {approvers: [C012]}", "approval.approvers[0]", "'C012'", APPROVER),
        ("approval: {approvers: ['arn:[']}", "approval.approvers[0]", "'arn:['", APPROVER),
        ("approval: {required: 0}", "approval.required", "0", POSITIVE),
        ("approval: {type_to_confirm_over: 50}", "approval.type_to_confirm_over", "50", SHARE),
        ("approval: {type_to_confirm_over: 101%}", "approval.type_to_confirm_over", "'101%'", SHARE),
        ("approval: {expires_after: 7}", "approval.expires_after", "7", DURATION),
        ("execution: {enabled: 'no'}", "execution.enabled", "'no'", SWITCH),
        ("execution: {undo_window: 0}", "execution.undo_window", "0", DURATION),
        ("pins: {}", "pins", "{}", LIST),
        (f"pins: [{{{PIN}, until: soon}}]", "pins[0].until", "'soon'", "a date"),
        ("pins: [{repository: '', pin: b, reason: c}]", "pins[0].repository", "''", REPOSITORIES),
        ("pins: [{repository: a, pin: '[b', reason: c}]", "pins[0].pin", "'[b'", PINNED),
        ("pins: [{repository: a, pin: '1.*,2.*', reason: c}]", "pins[0].pin", "'1.*,2.*', but", PINNED),
        (f"pins: [{{{PIN}, until: 9999-01-02}}]", "pins[0].until", "9999-01-02, but its year is not from 2 to 9998", "a date"),
        (f"pins: [{{{PIN}, until: 9999-12-31}}]", "pins[0].until", "9999-12-31, but its year is not from 2 to 9998", "a date"),
        (f"pins: [{{{PIN}, until: 9999-12-31T20:00:00}}]", "pins[0].until", "9999-12-31T20:00:00, but its year is not from 2 to 9998", "a date"),
        (f"pins: [{{{PIN}, until: 0001-01-01T00:00:00+14:00}}]", "pins[0].until", "0001-01-01T00:00:00+14:00, but", "a date"),
        ("price_per_gb_month: free", "price_per_gb_month", "'free'", PRICE),
        ("price_per_gb_month: -0.1", "price_per_gb_month", "-0.1", PRICE),
        ("price_per_gb_month: .inf", "price_per_gb_month", "inf", PRICE),
        ("price_per_gb_month: true", "price_per_gb_month", "true", PRICE),
        ("price_per_gb_month: Auto", "price_per_gb_month", "'Auto'", PRICE),
    ],
)  # fmt: skip
def test_a_bad_value(text: str, key: str, found: str, allowed: str, tmp_path: Path) -> None:
    said = error(text, tmp_path)
    assert said.startswith(f"{key}: found {found}")
    assert f"; allowed: {allowed}" in said


@pytest.mark.parametrize(
    ("key", "where", "allowed"),
    [
        ("policies: [{keep: [{tags: [ok, GLOB]}]}]", "policies[0].keep[0].tags[1]", TAGS),
        ("policies: [{keep: [{newest: 1, except_tags: [GLOB]}]}]", "policies[0].keep[0].except_tags[0]", TAGS),
        ("policies: [{artifact_types: [GLOB]}]", "policies[0].artifact_types[0]", MEDIA_TYPES),
        ("policies: [{repositories: [GLOB]}]", "policies[0].repositories[0]", REPOSITORIES),
        ("reports: [{repositories: [a/b, GLOB]}]", "reports[0].repositories[1]", REPOSITORIES),
        ("pins: [{repository: GLOB, pin: b, reason: c}]", "pins[0].repository", REPOSITORIES),
        ("pins: [{repository: a, pin: GLOB, reason: c}]", "pins[0].pin", PINNED),
        ("usage: {kubernetes: {ignore: [GLOB]}}", "usage.kubernetes.ignore[0]", EKS),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "glob",
    [
        "{prod,stable}-*",
        "^prod-[0-9]+$",
        "!dev-*",
        "prod-*,stable-*",
        "a b*",
        "/prod .*/",
        "[ab]|*",
    ],
)
def test_a_glob_that_can_match_nothing(
    key: str, where: str, allowed: str, glob: str, tmp_path: Path
) -> None:
    """Users would lose images that they meant to keep."""
    said = error(key.replace("GLOB", f"'{glob}'"), tmp_path)
    assert said.startswith(f"{where}: found '{glob}', but '{glob}' can match no ")
    assert f"; allowed: {allowed}" in said
    assert "for alternatives list several globs" in said


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::123456789012:role/ops", "arn:aws:sts::123456789012:assumed-role/ops"]
)
def test_an_approver_that_matches_no_caller(arn: str, tmp_path: Path) -> None:
    """GetCallerIdentity returns the ARN of a role's session, not of the role."""
    said = error(f"approval: {{approvers: ['{arn}']}}", tmp_path)
    assert said.startswith(f"approval.approvers[0]: found '{arn}', but '{arn}' can match no ARN of")
    assert "in `aws sts get-caller-identity`: arn:aws:sts" in said


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ('"https://mirror.example.com"', "'https://mirror.example.com'"),
        ("mirror", "'mirror'"),
        ("''", "''"),
        ("'[key]'", "'[key]'"),
        ("null", "null"),
        ("true", "true"),
        ("7", "7"),
        ("1.5", "1.5"),
        ("2026-12-24", "2026-12-24"),
        ("[a, b]", "['a', 'b']"),
    ],
)
def test_a_bad_key(key: str, found: str, tmp_path: Path) -> None:
    said = error(f"usage: {{registry_aliases: {{ {key}: {REGISTRY} }}}}", tmp_path)
    assert said.startswith(f"usage.registry_aliases: found the key {found}; allowed: a host name")


def test_a_bad_value_in_a_mapping(tmp_path: Path) -> None:
    said = error("usage: {registry_aliases: {mirror.example.com: ecr}}", tmp_path)
    assert said.startswith("usage.registry_aliases['mirror.example.com']: found 'ecr', but")
    assert "; allowed: a registry URI" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("usage: {}\nusage: {}", 'found duplicate key "usage"'),
        ("policies: [{keep: [], keep: []}]", 'found duplicate key "keep"'),
        (
            f"usage: {{registry_aliases: {{m.example.com: {REGISTRY}, m.example.com: {REGISTRY}}}}}",
            'found duplicate key "m.example.com"',
        ),
        ("? {a: b}\n: 1", "found unhashable key (line 1, column 3)"),
        ("[a, [b]]: 1", "a list or a mapping is used as a key"),
        ("x: !!bool 7", "'7'"),
        ("[" * 1000, "the nesting is too deep"),
        (
            "approval: {approvers: [@ann]}",
            "found character '@' that cannot start any token (line 1, column 24): write it in quotes",
        ),
        ("a: *x", "found undefined alias 'x' (line 1, column 4)"),
    ],
)
def test_invalid_yaml(text: str, said: str, tmp_path: Path) -> None:
    assert f"ecr-clean.yml is not valid YAML: {said}" in error(text, tmp_path)


def test_two_keys_for_one_host(tmp_path: Path) -> None:
    aliases = f"{{m.example.com: {REGISTRY}, 'M.example.com:443': {REGISTRY}}}"
    said = error(f"usage: {{registry_aliases: {aliases}}}", tmp_path)
    assert (
        "but two keys name the same host: m.example.com; allowed: a mapping of host names, with an"
        in said
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("usage: {}".encode("utf-16"), "it is UTF-16 text: save it as UTF-8"),
        ("usage: {}".encode("utf-16-le"), "it contains NUL bytes"),
        (b"usage: {}\n# caf\xe9", "line 2 is not UTF-8: save it as UTF-8"),
    ],
)
def test_another_encoding(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "ecr-clean.yml"
    file.write_bytes(content)
    with pytest.raises(RequestError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"The settings file {file} cannot be read: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("polices: []", "polices is unknown (did you mean policies?); allowed: registries, policies"),
        ("x: 1", "x is unknown; allowed: registries, policies, usage, reports"),
        ("policies: [{minage: 1h}]", "policies[0].minage is unknown (did you mean min_age?)"),
        ("policies: [{keep: [{neweset: 1}]}]", "policies[0].keep[0].neweset is unknown (did you mean newest?)"),
        ("usage: {lambda_: {}}", "usage.lambda_ is unknown (did you mean lambda?)"),
        ("usage: {batch: {queues: []}}", "usage.batch.queues is unknown"),
        ("usage: {kubernetes: {cluster: []}}", "usage.kubernetes.cluster is unknown (did you mean clusters?)"),
        ("1: 2", "1 is unknown; allowed: registries"),
        ("policies: [{1: 2}]", "policies[0].1 is unknown; allowed: repositories"),
        ("null: 2", "null is unknown; allowed: registries"),
        ("policies: [{true: 2}]", "policies[0].true is unknown; allowed: repositories"),
        ("usage: {ecs: {1.5: 2}}", "usage.ecs.1.5 is unknown; allowed: revisions"),
        ("2026-12-24: 2", "2026-12-24 is unknown; allowed: registries"),
        ("[a, 1]: 2", "['a', 1] is unknown; allowed: registries"),
        ("usage: {'': 2}", "usage[''] is unknown; allowed: accounts"),
        ("usage: {ecs.revisions: 2}", "usage['ecs.revisions'] is unknown"),
    ],
)  # fmt: skip
def test_an_unknown_key(text: str, said: str, tmp_path: Path) -> None:
    assert said in error(text, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "usage: {kubernetes: {clusters: [{eks: a}]}}",
            f"{CLUSTERS}[0].name is missing: set it to {TEXT}",
        ),
        (
            "usage: {kubernetes: {custom_resources: [{template: spec}]}}",
            f"{CUSTOM}[0].resource is missing: set it to {RESOURCE}",
        ),
        ("usage: {accounts: [{}]}", f"usage.accounts[0].account is missing: set it to {ACCOUNT}"),
        (
            "pins: [{pin: b, reason: c}]",
            f"pins[0].repository is missing: set it to {REPOSITORIES}{ABOUT_PATTERNS}",
        ),
        ("pins: [{repository: a, pin: b}]", f"pins[0].reason is missing: set it to {TEXT}"),
    ],
)
def test_a_missing_key(text: str, said: str, tmp_path: Path) -> None:
    assert error(text, tmp_path) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policies: [{keep: [{}]}]", "the rule is empty"),
        ("policies: [{keep: [{newest: 1, semver: {}}]}]", "one rule has newest and semver"),
        ("policies: [{keep: [{per: '{branch}-*'}]}]", "per needs newest"),
        ("policies: [{keep: [{newest: 1, active_within: 90d}]}]", "active_within needs per"),
        ("policies: [{keep: [{except_tags: []}]}]", "the rule is empty"),
        ("usage: {kubernetes: {clusters: [{name: a}]}}", "set eks, kubeconfig"),
        (
            "usage: {kubernetes: {clusters: [{name: a, kubeconfig: c, in_cluster: true}]}}",
            "kubeconfig and in_cluster: true are both set",
        ),
        ("usage: {kubernetes: {clusters: [{name: a, in_cluster: false}]}}", "set eks"),
        (
            "approval: {remind_after: 8d}",
            "remind_after is not shorter than expires_after; shorten it",
        ),
        (
            "usage: {kubernetes: {clusters: [{name: a, eks: b, context: c}]}}",
            "context needs kubeconfig",
        ),
        (
            "usage: {kubernetes: {clusters: [{name: a, eks: b}, {name: a, in_cluster: true}]}}",
            "two clusters are named a; names must be unique",
        ),
        (
            "usage: {kubernetes: {clusters: [{name: a, eks: b}], custom_resources: "
            "[{resource: rollouts.v1.x.io, template: spec, clusters: [a, b]}]}}",
            "custom_resources names the cluster b, which clusters does not list",
        ),
    ],
)
def test_conflicting_keys(text: str, said: str, tmp_path: Path) -> None:
    assert said in error(text, tmp_path)


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    assert len(error(f"price_per_gb_month: {'x' * 5000}", tmp_path)) < 200
