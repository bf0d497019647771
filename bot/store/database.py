"""A database, as far as SQLite and PostgreSQL are alike."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from bot.core.errors import ServiceError
from bot.outgoing import quoted


class Database(ABC):
    """May be used by several threads. Raises ServiceError if it fails; a constraint that is hurt is
    a bug of ours, and raised as it is."""

    READING: ClassVar[Mapping[str, object]]
    """Options that make a transaction see one instant, and hinder nobody."""

    def __init__(self, name: str, engine: Engine) -> None:
        self.name = name
        self._engine = engine
        self._readers = sessionmaker(engine.execution_options(**self.READING))
        self._writers = sessionmaker(engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._explained(), self._readers.begin() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: lands at the end, unless it is rolled back or something is raised."""
        with self._explained(), self._writers.begin() as session:
            yield session

    def close(self) -> None:
        self._engine.dispose()

    @abstractmethod
    def keep_others_out(self, session: Session) -> None:
        """Until this transaction ends, no other process may change the tables."""

    @abstractmethod
    def give_back_space(self) -> None:
        """Returns the space of removed rows to the disk, as far as that hinders no other process.
        Rows that come later use what is not returned."""

    @abstractmethod
    def _what_to_do(self, error: BaseException) -> str: ...

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise self._failure(error.orig or error) from error
        except PoolTimeoutError as error:
            raise ServiceError(
                f"{self.name} is busy (no connection became free): try again in a while"
            ) from error

    def _failure(self, error: BaseException) -> ServiceError:
        said = quoted(str(error).strip().partition("\n")[0])
        return ServiceError(f"{self.name} cannot be used ({said}): {self._what_to_do(error)}")
