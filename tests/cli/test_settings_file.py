"""The choice of the settings: a file or a variable. Errors of invalid settings."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import Run, Shelf, without_sources

Write = Callable[[str], Path]

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
KEEP_NOTHING = "policies: [{keep: []}]"
KEEP_ALL = "policies: []"


@pytest.fixture
def three_old_images(shelf: Shelf) -> Shelf:
    shelf.images(3)
    return shelf


@pytest.fixture
def elsewhere(environment: Path) -> Path:
    file = environment / "elsewhere.yml"
    file.write_text(without_sources(KEEP_NOTHING))
    return file


@pytest.mark.usefixtures("three_old_images")
def test_without_a_file_the_defaults_apply(plan: Run) -> None:
    assert plan().plan["delete"] == []


@pytest.mark.usefixtures("three_old_images")
def test_the_file_of_the_working_folder_applies(plan: Run, settings_file: Write) -> None:
    settings_file(KEEP_NOTHING)
    assert len(plan().plan["delete"]) == 3


@pytest.mark.usefixtures("three_old_images")
def test_the_environment_names_a_file(
    plan: Run, settings_file: Write, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_file(KEEP_ALL)
    monkeypatch.setenv("ECR_CLEAN_CONFIG", str(elsewhere))
    assert len(plan().plan["delete"]) == 3


@pytest.mark.usefixtures("three_old_images")
def test_an_empty_variable_is_ignored(
    plan: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_file(KEEP_NOTHING)
    monkeypatch.setenv("ECR_CLEAN_CONFIG", "")
    assert len(plan().plan["delete"]) == 3


@pytest.mark.usefixtures("three_old_images")
def test_the_option_wins_over_the_environment(
    plan: Run, settings_file: Write, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECR_CLEAN_CONFIG", str(settings_file(KEEP_ALL)))
    assert len(plan("team/api", "--config", str(elsewhere)).plan["delete"]) == 3


@pytest.mark.usefixtures("three_old_images")
@pytest.mark.parametrize("before", [True, False])
def test_the_option_works_before_and_after_the_command(
    run: Run, elsewhere: Path, *, before: bool
) -> None:
    option, rest = ("--config", str(elsewhere)), ("plan", "team/api", "--format", "json")
    result = run(*option, *rest) if before else run(*rest, *option)
    assert len(result.plan["delete"]) == 3


@pytest.mark.usefixtures("three_old_images")
def test_of_two_options_the_last_wins(run: Run, settings_file: Write, elsewhere: Path) -> None:
    first = settings_file(KEEP_ALL)
    result = run(
        "--config", str(first), "plan", "team/api", "--format", "json", "--config", str(elsewhere)
    )
    assert len(result.plan["delete"]) == 3


@pytest.mark.usefixtures("three_old_images")
def test_an_empty_file_changes_nothing(plan: Run, settings_file: Write) -> None:
    settings_file("# nothing yet\n")
    assert plan().plan["delete"] == []


def refused(run: Run, *arguments: str) -> str:
    result = run("plan", "team/api", *arguments)
    assert result.status == 2
    assert result.out == ""
    return result.sentence


def test_a_missing_file(run: Run) -> None:
    assert "none.yml cannot be read: No such file" in refused(run, "--config", "none.yml")


def test_the_environment_names_a_missing_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECR_CLEAN_CONFIG", "none.yml")
    assert "none.yml cannot be read: No such file" in refused(run)


def test_a_folder(run: Run, environment: Path) -> None:
    assert "cannot be read: Is a directory" in refused(run, "--config", str(environment))


def test_an_unreadable_file(run: Run, settings_file: Write) -> None:
    file = settings_file(KEEP_ALL)
    file.chmod(0)
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    try:
        said = refused(run, "--config", str(file))
    finally:
        os.seteuid(own)
    assert "cannot be read: Permission denied" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policies: [", "ecr-clean.yml is not valid YAML"),
        ("a: b: c", "is not valid YAML"),
        ("\tpolicies: []", "is not valid YAML"),
        ("approval: {required: 1}\napproval: {required: 2}", "duplicate key"),
        ("approval: {required: 1, required: 2}", "duplicate key"),
        ("just words", "is not a mapping"),
        ("- a\n- b", "is not a mapping"),
        ("pins: !!python/object:os.system {}", "is not valid YAML"),
        ("polices: []", "polices is unknown (did you mean policies?)"),
        ("policies: {}", "policies: found {}; allowed: a list"),
        ("policies: [{min_age: soon}]", "policies[0].min_age: found 'soon'"),
        ("policies: [{repositories: ['team/[a']}]", "policies[0].repositories[0]: found"),
        (
            "policies: [{keep: [{tags: ['{prod,stable}-*']}, {newest: 1}]}]",
            "policies[0].keep[0].tags[0]: found '{prod,stable}-*', but '{prod,stable}-*' can match "
            "no tag (none has '{'); allowed: a pattern for tags",
        ),
        (
            f"usage: {{registry_aliases: {{'https://mirror.example.com': {REGISTRY}}}}}",
            "usage.registry_aliases: found the key 'https://mirror.example.com'",
        ),
        ("1: 2", "1 is unknown"),
    ],
)  # fmt: skip
def test_invalid_settings(text: str, said: str, run: Run, settings_file: Write) -> None:
    settings_file(text)
    assert said in refused(run)


def test_a_binary_file(run: Run, settings_file: Write) -> None:
    settings_file("").write_bytes(b"\xff\xfe\x00")
    assert "ecr-clean.yml cannot be read: it is UTF-16 text: save it as UTF-8" in refused(run)


def test_debug_shows_the_traceback(run: Run, settings_file: Write) -> None:
    settings_file("polices: []")
    result = run("plan", "team/api", "--debug")
    assert result.status == 2
    assert "Traceback" in result.err


def test_every_invalid_key_is_listed(run: Run, settings_file: Write) -> None:
    settings_file("polices: []\nprice_per_gb_month: free\nexecution: {enabled: 'yes'}")
    result = run("plan", "team/api")
    assert result.status == 2
    for key in ("polices", "price_per_gb_month", "execution.enabled"):
        assert key in result.err


def test_a_secret_in_the_file_is_refused_and_not_repeated(run: Run, settings_file: Write) -> None:
    settings_file("slack_bot_token: xoxb-secret")
    assert "xoxb" not in refused(run)
    settings_file("slack_bot_token: xoxb-secret\nslack_bot_token: xoxb-other")
    assert "xoxb" not in refused(run)


# settings in the environment


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets ECR_CLEAN_SETTINGS."""
    return lambda text: monkeypatch.setenv("ECR_CLEAN_SETTINGS", text)


@pytest.mark.usefixtures("three_old_images")
def test_the_variable_wins_over_the_default_file(
    plan: Run, settings_file: Write, variable: Callable[[str], None]
) -> None:
    settings_file(KEEP_ALL)
    variable(without_sources(KEEP_NOTHING))
    assert len(plan().plan["delete"]) == 3


@pytest.mark.usefixtures("three_old_images")
@pytest.mark.parametrize("blank", ["", " \n"])
def test_an_empty_settings_variable_is_ignored(
    blank: str, plan: Run, settings_file: Write, variable: Callable[[str], None]
) -> None:
    variable(blank)
    settings_file(KEEP_NOTHING)
    assert len(plan().plan["delete"]) == 3
    assert len(plan("team/api", "--config", "ecr-clean.yml").plan["delete"]) == 3


@pytest.mark.parametrize("by_option", [True, False])
def test_a_named_file_and_the_variable_are_refused(
    run: Run,
    elsewhere: Path,
    variable: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    *,
    by_option: bool,
) -> None:
    variable(KEEP_NOTHING)
    if by_option:
        said = refused(run, "--config", str(elsewhere))
    else:
        monkeypatch.setenv("ECR_CLEAN_CONFIG", str(elsewhere))
        said = refused(run)
    assert said == (
        f"ECR_CLEAN_SETTINGS and the settings file {elsewhere} cannot be combined: unset "
        "ECR_CLEAN_SETTINGS, or omit --config and unset ECR_CLEAN_CONFIG"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: [", "ECR_CLEAN_SETTINGS is not valid YAML: expected the node content"),
        ("pins: []\n\tpolicies: []", "(line 2, column 1)"),
        ("pins: []\npins: []", "duplicate key \"pins\" (line 2, column 1)"),
        ("/etc/ecr-clean/ecr-clean.yml", "is not a mapping: write keys and values, such as "
         "`pins: []`. To name a file, set ECR_CLEAN_CONFIG instead"),
        ("polices: []", "ECR_CLEAN_SETTINGS: polices is unknown (did you mean policies?)"),
        ("policies: [{min_age: soon}]", "ECR_CLEAN_SETTINGS: policies[0].min_age: found 'soon'"),
        ("pins: []\n# caf\udce9", "ECR_CLEAN_SETTINGS cannot be read: line 2 is not UTF-8"),
    ],
)  # fmt: skip
def test_invalid_settings_in_the_variable(
    text: str, said: str, run: Run, variable: Callable[[str], None]
) -> None:
    variable(text)
    assert said in refused(run)


def test_every_invalid_key_of_the_variable_is_listed(
    run: Run, variable: Callable[[str], None]
) -> None:
    variable("polices: []\nprice_per_gb_month: free")
    result = run("plan", "team/api")
    assert result.status == 2
    assert result.err.count("ECR_CLEAN_SETTINGS: p") == 2


def test_a_secret_in_the_variable_is_refused_and_not_repeated(
    run: Run, variable: Callable[[str], None]
) -> None:
    for text in ("slack_bot_token: xoxb-secret", "a: xoxb-secret\na: xoxb-other"):
        variable(text)
        result = run("--debug", "plan", "team/api")
        assert result.status == 2
        assert "xoxb" not in result.out + result.err


@pytest.mark.usefixtures("three_old_images")
def test_paths_in_the_variable_start_in_the_working_folder(
    plan: Run, environment: Path, variable: Callable[[str], None]
) -> None:
    (environment / "used.txt").write_text("team/api:1.0\n")
    variable(without_sources(f"{KEEP_NOTHING}\nusage: {{files: [used.txt]}}"))
    assert len(plan().plan["delete"]) == 2
