"""Topics with names, coherence and centres; a run's figures, and which threads were placed after it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_topics"
down_revision = "0001"
branch_labels = None
depends_on = None

_RUN = (
    ("recipe", sa.String(length=64), False),
    ("revision", sa.BigInteger(), False),
    ("sought", sa.Integer(), False),
    ("outliers_found", sa.Integer(), False),
    ("next_topic", sa.Integer(), False),
    ("repeated_lines", sa.JSON(), False),
    ("coherence", sa.Float(), True),
    ("diversity", sa.Float(), True),
)
_TOPIC = (
    ("name", sa.Text(), False),
    ("coherence", sa.Float(), True),
    ("centre", sa.LargeBinary(), True),
)
_THREAD = (
    ("text_hash", sa.LargeBinary(length=32), False),
    ("sought", sa.Boolean(), False),
)
_TABLES = (("topic_runs", _RUN), ("topics", _TOPIC), ("topic_threads", _THREAD))


def upgrade() -> None:
    _forget_runs()
    for table, columns in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, kind, nullable in columns:
                batch_op.add_column(sa.Column(name, kind, nullable=nullable))


def downgrade() -> None:
    _forget_runs()
    for table, columns in reversed(_TABLES):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, _, _ in reversed(columns):
                batch_op.drop_column(name)


def _forget_runs() -> None:
    """The next run finds them anew; what the new columns hold cannot be had from the old ones."""
    for table in ("topic_threads", "topics", "topic_runs"):
        op.execute(sa.delete(sa.table(table)))
    op.execute(sa.text("DELETE FROM settings WHERE name = 'current_topic_run'"))
