"""Where threads and topics lie on the map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_topic_map"
down_revision = "0011_topics_ahead"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("topics", "topic_threads"):
        for name in ("x", "y"):
            op.add_column(table, sa.Column(name, sa.Float(), nullable=True))


def downgrade() -> None:
    for table in ("topics", "topic_threads"):
        for name in ("y", "x"):
            op.drop_column(table, name)
