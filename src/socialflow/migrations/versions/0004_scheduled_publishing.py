"""Scheduled publishing

Revision: 0004
Before: 0003

Whoever can see a video depends on `publish_at`, too. PostgreSQL before 17 cannot change what a column is computed
from: `reach` is made anew, and with it everything that stands on it. The table is written anew under a lock: a second
for some 200,000 videos.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = (
    "CASE WHEN state NOT IN ('partially_playable', 'ready') THEN 'owner'"
    " WHEN visibility = 'public' THEN 'everyone'"
    " WHEN visibility = 'unlisted' THEN 'link'"
    " ELSE 'owner' END"
)
AFTER = (
    "CASE WHEN state NOT IN ('partially_playable', 'ready') OR publish_at IS NOT NULL THEN 'owner'"
    " WHEN visibility = 'public' THEN 'everyone'"
    " WHEN visibility = 'unlisted' THEN 'link'"
    " ELSE 'owner' END"
)
BY_TIME: list[Any] = [sa.literal_column("published_at DESC"), sa.literal_column("id DESC")]
BY_LIKES: list[Any] = [sa.literal_column("like_count DESC"), sa.literal_column("id DESC")]
LISTED = sa.text("reach = 'everyone'")


def upgrade() -> None:
    """Forward."""
    op.add_column("videos", sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_videos_scheduled"),
        "videos",
        "publish_at IS NULL OR (published_at IS NULL AND visibility <> 'private')",
    )
    _compute_reach(AFTER)
    op.create_index(
        "ix_videos_scheduled",
        "videos",
        ["publish_at", "id"],
        unique=False,
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Back: what waits for its time becomes private rather than public before it."""
    op.drop_index("ix_videos_scheduled", table_name="videos", postgresql_where=sa.text("publish_at IS NOT NULL"))
    op.drop_constraint(op.f("ck_videos_scheduled"), "videos", type_="check")
    op.execute("UPDATE videos SET visibility = 'private' WHERE publish_at IS NOT NULL")
    _compute_reach(BEFORE)
    op.drop_column("videos", "publish_at")


def _compute_reach(expression: str) -> None:
    for name in ("tags", "channel_popular", "channel_latest", "popular", "latest"):
        op.drop_index(f"ix_videos_{name}", table_name="videos")
    op.drop_constraint(op.f("ck_videos_published"), "videos", type_="check")
    op.drop_column("videos", "reach")
    op.add_column("videos", sa.Column("reach", sa.String(), sa.Computed(expression, persisted=True), nullable=False))
    op.create_check_constraint(op.f("ck_videos_published"), "videos", "reach <> 'everyone' OR published_at IS NOT NULL")
    for name, columns, using in (
        ("latest", BY_TIME, "btree"),
        ("popular", BY_LIKES, "btree"),
        ("channel_latest", ["channel_id", *BY_TIME], "btree"),
        ("channel_popular", ["channel_id", *BY_LIKES], "btree"),
        ("tags", ["tags"], "gin"),
    ):
        op.create_index(
            f"ix_videos_{name}", "videos", columns, unique=False, postgresql_using=using, postgresql_where=LISTED
        )
