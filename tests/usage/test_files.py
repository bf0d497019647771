"""References in files, for workloads that no other source can scan."""

from pathlib import Path

import pytest

from bot.core.errors import ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.repository import RegistryId
from bot.core.usage import ImageUse
from bot.usage.files import FileSource

IRELAND, CHINA = RegistryId("123456789012", "eu-west-1"), RegistryId("210987654321", "cn-north-1")
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

BEIJING = "210987654321.dkr.ecr.cn-north-1.amazonaws.com"


def read(folder: Path, text: str, name: str = "used.txt") -> list[ImageUse]:
    file = folder / name
    file.write_text(text)
    return list(FileSource(file, [IRELAND, CHINA], RegistryHosts({})).image_uses())


def test_a_text_file_has_one_reference_per_line(tmp_path: Path) -> None:
    text = f"# what EC2 runs\n\n{HOST}/team/api:1  # the batch host\n  docker.io/x:2\n"
    assert read(tmp_path, text) == [
        ImageUse(f"{HOST}/team/api:1", "used.txt line 3"),
        ImageUse("docker.io/x:2", "used.txt line 4"),
        ImageUse(f"{HOST}/docker.io/x:2", "used.txt line 4", is_guess=True),
        ImageUse(f"{BEIJING}/docker.io/x:2", "used.txt line 4", is_guess=True),
    ]


def test_json_entries_with_used_by(tmp_path: Path) -> None:
    text = f'["{HOST}/a:1", {{"image": "{HOST}/b:2", "used_by": "the build farm"}}]'
    assert read(tmp_path, text, "used.json") == [
        ImageUse(f"{HOST}/a:1", "used.json entry 1"),
        ImageUse(f"{HOST}/b:2", "the build farm"),
    ]


def test_a_reference_without_host_counts_in_every_registry(tmp_path: Path) -> None:
    assert [image_use.image for image_use in read(tmp_path, "team/api:1")] == [
        f"{HOST}/team/api:1",
        f"{BEIJING}/team/api:1",
    ]


def test_an_empty_file(tmp_path: Path) -> None:
    assert read(tmp_path, "# nothing\n") == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a:1\nTeam/API\n", "used.txt line 2: 'Team/API' is not an image reference"),
        ('["a:1", ""]', "used.txt entry 2: '' is not an image reference"),
        ('["a:1", 7]', "not a list of references"),
        ('[{"image": "a", "usedby": "x"}]', "not a list of references"),
        ('{"image": "a"}', "not a list of references"),
        ("[", "not a list of references"),
    ],
)
def test_an_invalid_line_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ServiceError, match=complaint):
        read(tmp_path, text)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot be read"):
        list(FileSource(tmp_path / "gone.txt", [], RegistryHosts({})).image_uses())


@pytest.mark.parametrize("text", [f"{HOST}/a:1\n", f'["{HOST}/a:1"]', f'\n ["{HOST}/a:1"]'])
def test_a_byte_order_mark_is_ignored(tmp_path: Path, text: str) -> None:
    file = tmp_path / "used"
    file.write_text(text, "utf-8-sig")
    found = FileSource(file, [], RegistryHosts({})).image_uses()
    assert [image_use.image for image_use in found] == [f"{HOST}/a:1"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (f"{HOST}/a:1".encode("utf-16"), "it is UTF-16 text: save it as UTF-8, or remove it from"),
        (b'["a:1\x00"]', "it contains NUL bytes"),
        (b"a:1\n\xe4:1", "line 2 is not UTF-8"),
    ],
)
def test_a_binary_file_is_an_error(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "used.txt"
    file.write_bytes(content)
    with pytest.raises(ServiceError, match=f"{file} cannot be read: {why}"):
        list(FileSource(file, [], RegistryHosts({})).image_uses())


def test_a_host_that_may_be_part_of_a_repository_name(tmp_path: Path) -> None:
    found = read(tmp_path, "my.team/api:1\nregistry:5000/x:1\n")
    assert ImageUse(f"{HOST}/my.team/api:1", "used.txt line 1", is_guess=True) in found
    assert len(found) == 4
