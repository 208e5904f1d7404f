"""What is said of a thread is looked up by the thread: indexes that begin with it, and hold what is asked for."""

from __future__ import annotations

from alembic import op

revision = "0010_by_thread"
down_revision = "0009_newest"
branch_labels = None
depends_on = None

_REPLACED = (
    ("thread_labels", ("bundle_id", "thread_id"), ("thread_id", "bundle_id", "label")),
    ("thread_verdicts", ("bundle_id", "thread_id"), ("thread_id", "bundle_id", "verdict")),
    ("topic_threads", ("run_id", "thread_id"), ("thread_id", "run_id", "topic")),
    ("post_verdicts", (), ("thread_id",)),
    ("assignments", (), ("thread_id",)),
)


def upgrade() -> None:
    for table, former, later in _REPLACED:
        _drop(table, former)
        _create(table, later)


def downgrade() -> None:
    for table, former, later in _REPLACED:
        _drop(table, later)
        _create(table, former)


def _create(table: str, columns: tuple[str, ...]) -> None:
    if columns:
        op.create_index(_name(table, columns), table, list(columns))


def _drop(table: str, columns: tuple[str, ...]) -> None:
    if columns:
        op.drop_index(_name(table, columns), table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *columns))
