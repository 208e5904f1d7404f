"""Opening a store: SQLite in one file (WAL) or PostgreSQL by URL, migrated to the newest schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, PoolProxiedConnection, Table, Text, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import DatabaseError as SqlError

_REMEDIES: tuple[tuple[set[int], tuple[str, ...], str], ...] = (
    ({sqlite3.SQLITE_FULL}, ("53100",), "Free some space and run again; nothing that was stored is lost"),
    ({sqlite3.SQLITE_IOERR}, (), "Is the disk full? Nothing that was stored is lost"),
    ({sqlite3.SQLITE_BUSY}, ("55P03",), "Run again when the process is done that keeps it locked"),
    ({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}, (), "Run again when its file can be written"),
    ({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}, (), "Put a backup in its place"),
    (set(), ("08", "57P"), "Run again when the database can be reached"),
)
"""Result codes of SQLite, starts of SQLSTATE of PostgreSQL, and what to do."""


class DatabaseError(RuntimeError):
    """The store cannot be opened; the message says why and what to do."""


class WriteError(DatabaseError):
    """The store cannot be written for the moment; what was committed before stays whole."""


class ReadError(DatabaseError):
    """The store cannot be read for the moment."""


class BusyError(DatabaseError):
    """Another process holds what only one may hold."""


class Database:
    """An open store. `read` and `write` give connections in a transaction of their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watch: PoolProxiedConnection | None = None
        self._watching = Lock()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Connection that sees one consistent state.

        Raises ReadError when the database is gone, locked or damaged.
        """
        with _reading(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Connection whose changes are committed together at the end, or not at all.

        Raises WriteError when the disk is full, or the database is gone, damaged or locked.
        """
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        except SqlError as error:
            if remedy := _remedy(error.orig):
                raise WriteError(f"the store cannot be written: {error.orig}. {remedy}") from error
            raise

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold a name that only one process may hold at a time; a process that dies lets go of it.

        Raises BusyError when another holds it.
        """
        held = self._advisory_lock(name) if self.dialect == "postgresql" else self._file_lock(name)
        with held:
            yield

    @contextmanager
    def _file_lock(self, name: str) -> Iterator[None]:
        try:
            with FileLock(f"{self._engine.url.database}.{name}.lock", timeout=0):
                yield
        except Timeout as error:
            raise BusyError(f"{name} is held by another process") from error

    @contextmanager
    def _advisory_lock(self, name: str) -> Iterator[None]:
        key = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(select(func.pg_try_advisory_lock(key))).scalar():
                raise BusyError(f"{name} is held by another process")
            try:
                yield
            finally:
                connection.execute(select(func.pg_advisory_unlock(key)))

    def upsert(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
    ) -> None:
        """Insert rows, all with the same columns; where one with the same `keys` is there, overwrite the others."""
        if not rows:
            return
        insert = insert_into(connection, table)
        others = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        statement = (
            insert.on_conflict_do_update(index_elements=list(keys), set_=others)
            if others
            else insert.on_conflict_do_nothing(index_elements=list(keys))
        )
        connection.execute(statement, [dict(row) for row in rows])

    def version(self) -> object:
        """A value that is another one after every commit, by whichever process, and is the same between two of them.

        On PostgreSQL it may be another one without a commit, too. Raises ReadError.
        """
        if self.dialect == "postgresql":
            with self.read() as connection:
                return connection.execute(select(func.pg_current_snapshot().cast(Text))).scalar_one()
        with self._watching, _reading():
            # SQLite tells a connection what others have committed, so this one is kept, and never writes.
            self._watch = self._watch or self._engine.raw_connection()
            with closing(self._watch.cursor()) as cursor:
                cursor.execute("PRAGMA data_version")
                return str(cursor.fetchone())

    def waiting(self, seconds: float) -> Database:
        """The same store over connections of its own, which wait no longer than that for what others have locked."""
        return Database(_engine(self._engine.url, seconds))

    def close(self) -> None:
        """Give the connections back."""
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (SqlError, sqlite3.Error) as error:
        raise ReadError(f"the store cannot be read: {getattr(error, 'orig', error)}") from error


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what to do with rows that are there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def open_database(url: str) -> Database:
    """Open the store at an SQLAlchemy URL, create it if missing, and migrate it to the newest schema.

    Raises DatabaseError for a URL that cannot be read, a database that cannot be reached, and a store that was
    made by a newer forumlens.
    """
    try:
        engine = _engine(make_url(url))
        _migrate(engine)
    except ArgumentError as error:
        raise DatabaseError(
            f"database {url!r} is not a database URL: write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from error
    except OperationalError as error:
        shown = make_url(url).render_as_string(hide_password=True)
        raise DatabaseError(f"database {shown} cannot be opened: {error.orig}") from error
    return Database(engine)


def _engine(url: URL, wait: float = 60.0) -> Engine:
    """`wait`: seconds for what another process has locked."""
    backend = url.get_backend_name()
    if backend == "postgresql":
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args={"connect_timeout": 10}
        )
        event.listen(engine, "connect", partial(_configure_postgresql, wait))
        return engine
    if backend != "sqlite":
        raise DatabaseError(f"database {backend!r} is not supported: use sqlite:///FILE or postgresql://...")
    if not url.database or url.database == ":memory:":
        raise DatabaseError("database sqlite:// names no file: write sqlite:///FILE")
    Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": wait})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_postgresql(wait: float, connection: Any, _record: Any) -> None:
    connection.execute(f"SET lock_timeout = {round(wait * 1000)}")
    connection.commit()


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin late and upgrade its lock; see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _remedy(error: BaseException | None) -> str:
    """What to do about a database that cannot be written for the moment; empty where it is something else."""
    code, state = getattr(error, "sqlite_errorcode", 0) & 0xFF, getattr(error, "sqlstate", "")
    if state is None:  # PostgreSQL was not reached to tell one
        state = "08"
    return next((remedy for codes, states, remedy in _REMEDIES if code in codes or state.startswith(states)), "")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts as a reader and then writes fails at once when another has written in between.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        current = MigrationContext.configure(connection).get_current_revision()
        if current == scripts.get_current_head():
            return
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise DatabaseError(
                f"the store has schema {current!r}, which this forumlens does not know: use the newer forumlens"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
