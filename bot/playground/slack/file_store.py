"""Uploaded files, and the channels that they are shared in."""

from dataclasses import replace

from bot.playground.slack.id_generator import IdGenerator
from bot.playground.slack.models import UploadedFile


class FileStore:
    def __init__(self, ids: IdGenerator) -> None:
        self._ids = ids
        self._files: dict[str, UploadedFile] = {}

    def start_upload(self, name: str, length: int, user: str, created: int) -> UploadedFile:
        return self.put(
            UploadedFile(
                id=self._ids.new("F"),
                name=name,
                title=name,
                length=length,
                user=user,
                created=created,
            )
        )

    def put(self, file: UploadedFile) -> UploadedFile:
        self._files[file.id] = file
        return file

    def find(self, file_id: str) -> UploadedFile | None:
        return self._files.get(file_id)

    def share(self, file: UploadedFile, channel: str, ts: str) -> UploadedFile:
        return self.put(replace(file, shared_in=(*file.shared_in, (channel, ts))))
