"""What people say of posts, and the full text of threads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.schema

revision = "0007_reviews"
down_revision = "0006_counts"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LONGEST = 200_000


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("post_id", _ROW_ID, nullable=False),
        sa.Column("reviewer", sa.String(length=200), nullable=False),
        sa.Column("made_at", store.schema.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("machine_labels", sa.JSON(), nullable=False),
        sa.Column("bundle", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("undoes", _ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_reviews_post_id")),
        sa.ForeignKeyConstraint(["undoes"], ["reviews.id"], name=op.f("fk_reviews_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_post_id"), "reviews", ["post_id"], unique=False)
    op.create_index(op.f("ix_reviews_reviewer_id"), "reviews", ["reviewer", "id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(_POSTGRES))
        op.execute(sa.text("CREATE INDEX ix_thread_search_document ON thread_search USING gin (document)"))
        _fill("string_agg(body, E'\\n' ORDER BY number)")
    else:
        op.execute(sa.text("CREATE VIRTUAL TABLE thread_search USING fts5(title, body, tokenize='porter unicode61')"))
        _fill("group_concat(body, char(10))")


def downgrade() -> None:
    op.drop_table("thread_search")
    op.drop_table("reviews")


_POSTGRES = """
    CREATE TABLE thread_search (
        rowid bigint PRIMARY KEY,
        title text NOT NULL,
        body text NOT NULL,
        document tsvector NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('english', title), 'A') || to_tsvector('english', body)
        ) STORED
    )
"""


def _fill(bodies: str) -> None:
    op.execute(
        sa.text(
            "INSERT INTO thread_search (rowid, title, body) "
            f"SELECT t.id, t.title, substr(coalesce(p.body, ''), 1, {_LONGEST}) FROM threads t LEFT JOIN "
            f"(SELECT thread_id, {bodies} AS body FROM "
            "(SELECT thread_id, number, body FROM posts WHERE NOT deleted ORDER BY thread_id, number) AS visible "
            "GROUP BY thread_id) AS p ON p.thread_id = t.id WHERE t.counted"
        )
    )
