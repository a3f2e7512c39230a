"""Who may see a video: followers, members, named people, whoever knows a password; marks and restrictions

Revision: 0027
Before: 0026

PostgreSQL before 17 cannot change what a column is computed from: `reach` is made anew, and with it everything that
stands on it. The table is written anew under a lock: a second for some 200,000 videos.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BEFORE = (
    "CASE WHEN state NOT IN ('partially_playable', 'ready') OR publish_at IS NOT NULL THEN 'owner'"
    " WHEN visibility = 'public' THEN 'everyone'"
    " WHEN visibility = 'unlisted' THEN 'link'"
    " ELSE 'owner' END"
)
AFTER = (
    "CASE WHEN state NOT IN ('partially_playable', 'ready') OR publish_at IS NOT NULL OR restriction IS NOT NULL"
    " THEN 'owner'"
    " WHEN visibility = 'public' AND mark = 'adult' THEN 'known'"
    " WHEN visibility = 'public' THEN 'everyone'"
    " WHEN visibility = 'unlisted' THEN 'link'"
    " WHEN visibility = 'followers' THEN 'followers'"
    " WHEN visibility = 'members' THEN 'members'"
    " WHEN visibility = 'password' THEN 'password'"
    " WHEN visibility = 'named' THEN 'named'"
    " ELSE 'owner' END"
)
BY_TIME: list[Any] = [sa.literal_column("published_at DESC"), sa.literal_column("id DESC")]
BY_LIKES: list[Any] = [sa.literal_column("like_count DESC"), sa.literal_column("id DESC")]
LISTED, SHELVED = "reach = 'everyone'", "reach IN ('everyone', 'known', 'followers', 'members')"
FORMERLY = "visibility IN ('public', 'unlisted', 'private')"
NOW = "visibility IN ('public', 'unlisted', 'followers', 'members', 'password', 'named', 'private')"


def upgrade() -> None:
    """Forward."""
    op.add_column("videos", sa.Column("mark", sa.String(), server_default="none", nullable=False))
    op.add_column("videos", sa.Column("restriction", sa.String(), nullable=True))
    op.add_column("videos", sa.Column("password_hash", sa.String(), nullable=True))
    op.add_column("videos", sa.Column("password_edition", sa.Integer(), server_default="0", nullable=False))
    _replace_check("visibility", NOW)
    op.create_check_constraint(op.f("ck_videos_mark"), "videos", "mark IN ('none', 'sensitive', 'adult')")
    op.create_check_constraint(op.f("ck_videos_restriction"), "videos", "restriction IN ('under_review', 'blocked')")
    op.create_check_constraint(
        op.f("ck_videos_password"), "videos", "visibility <> 'password' OR password_hash IS NOT NULL"
    )
    _compute_reach(AFTER, SHELVED)
    op.create_table(
        "video_viewers",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_video_viewers_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_viewers_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "account_id", name=op.f("pk_video_viewers")),
    )
    op.create_index("ix_video_viewers_video_id_id", "video_viewers", ["video_id", "id"])
    op.create_index("ix_video_viewers_account_id_id", "video_viewers", ["account_id", "id"])


def downgrade() -> None:
    """Back: what fewer than before may see becomes private rather than public."""
    op.drop_table("video_viewers")
    op.drop_constraint(op.f("ck_videos_password"), "videos", type_="check")
    op.drop_constraint(op.f("ck_videos_restriction"), "videos", type_="check")
    op.drop_constraint(op.f("ck_videos_mark"), "videos", type_="check")
    op.execute(
        "UPDATE videos SET visibility = 'private', publish_at = NULL"  # noqa: S608  # a constant of this step
        f" WHERE restriction IS NOT NULL OR mark = 'adult' OR NOT ({FORMERLY})"
    )
    _replace_check("visibility", FORMERLY)
    _compute_reach(BEFORE, LISTED)
    for name in ("password_edition", "password_hash", "restriction", "mark"):
        op.drop_column("videos", name)


def _replace_check(name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_videos_{name}"), "videos", type_="check")
    op.create_check_constraint(op.f(f"ck_videos_{name}"), "videos", condition)


def _compute_reach(expression: str, shelved: str) -> None:
    for name in ("tags", "channel_popular", "channel_latest", "popular", "latest"):
        op.drop_index(f"ix_videos_{name}", table_name="videos")
    op.drop_constraint(op.f("ck_videos_published"), "videos", type_="check")
    op.drop_column("videos", "reach")
    op.add_column("videos", sa.Column("reach", sa.String(), sa.Computed(expression, persisted=True), nullable=False))
    published = f"NOT ({shelved}) OR published_at IS NOT NULL" if shelved == SHELVED else None
    op.create_check_constraint(
        op.f("ck_videos_published"), "videos", published or "reach <> 'everyone' OR published_at IS NOT NULL"
    )
    for name, columns, using, where in (
        ("latest", BY_TIME, "btree", shelved),
        ("popular", BY_LIKES, "btree", LISTED),
        ("channel_latest", ["channel_id", *BY_TIME], "btree", shelved),
        ("channel_popular", ["channel_id", *BY_LIKES], "btree", shelved),
        ("tags", ["tags"], "gin", LISTED),
    ):
        op.create_index(
            f"ix_videos_{name}",
            "videos",
            columns,
            unique=False,
            postgresql_using=using,
            postgresql_where=sa.text(where),
        )
