"""Videos, follows, likes, comments and feeds

Revision: 0003
Before: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "count_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("counter", sa.String(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_changes")),
    )
    op.create_index("ix_count_changes_row_id", "count_changes", ["row_id", "counter"], unique=False)
    op.create_table(
        "feed_snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("video_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_snapshots")),
    )
    op.create_index("ix_feed_snapshots_created_at", "feed_snapshots", ["created_at"], unique=False)
    op.create_index("ix_feed_snapshots_name", "feed_snapshots", ["name", "id"], unique=False)
    op.create_table(
        "likes",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('video', 'comment')", name=op.f("ck_likes_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_likes_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "subject_id", name=op.f("pk_likes")),
    )
    op.create_index(
        "ix_likes_lately",
        "likes",
        ["created_at", "subject_id"],
        unique=False,
        postgresql_where=sa.text("kind = 'video'"),
    )
    op.create_index("ix_likes_subject_id", "likes", ["subject_id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("like_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reply_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("deleted_at IS NULL OR text = ''", name=op.f("ck_comments_deleted")),
        sa.CheckConstraint("deleted_at IS NULL OR parent_id IS NULL", name=op.f("ck_comments_tombstone")),
        sa.CheckConstraint("like_count >= 0 AND reply_count >= 0", name=op.f("ck_comments_counts")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comments_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_comments_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index("ix_comments_account_id", "comments", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_comments_parent_id",
        "comments",
        ["parent_id", "id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index("ix_comments_subject_id", "comments", ["subject_id"], unique=False)
    op.create_index(
        "ix_comments_thread",
        "comments",
        ["subject_id", "id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.create_index(
        "ix_comments_top",
        "comments",
        ["subject_id", sa.literal_column("like_count DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.create_table(
        "follows",
        sa.Column("follower_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_follows_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["accounts.id"], name=op.f("fk_follows_follower_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("follower_id", "channel_id", name=op.f("pk_follows")),
    )
    op.create_index("ix_follows_channel_id_id", "follows", ["channel_id", "id"], unique=False)
    op.create_index("ix_follows_follower_id_id", "follows", ["follower_id", "id"], unique=False)
    op.create_table(
        "videos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="draft", nullable=False),
        sa.Column(
            "reach",
            sa.String(),
            sa.Computed(
                "CASE WHEN state NOT IN ('partially_playable', 'ready') THEN 'owner'"
                " WHEN visibility = 'public' THEN 'everyone'"
                " WHEN visibility = 'unlisted' THEN 'link'"
                " ELSE 'owner' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_detail", sa.String(), nullable=True),
        sa.Column("like_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("comment_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reach <> 'everyone' OR published_at IS NOT NULL", name=op.f("ck_videos_published")),
        sa.CheckConstraint(
            "state IN ('draft', 'processing', 'partially_playable', 'ready', 'failed')", name=op.f("ck_videos_state")
        ),
        sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private')", name=op.f("ck_videos_visibility")),
        sa.CheckConstraint("like_count >= 0 AND comment_count >= 0", name=op.f("ck_videos_counts")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_videos_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_videos_channel_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_videos_asset_id")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_videos_upload_id")),
    )
    op.create_index("ix_videos_account_id", "videos", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_videos_channel_latest",
        "videos",
        ["channel_id", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("reach = 'everyone'"),
    )
    op.create_index(
        "ix_videos_channel_popular",
        "videos",
        ["channel_id", sa.literal_column("like_count DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("reach = 'everyone'"),
    )
    op.create_index(
        "ix_videos_latest",
        "videos",
        [sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("reach = 'everyone'"),
    )
    op.create_index(
        "ix_videos_popular",
        "videos",
        [sa.literal_column("like_count DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("reach = 'everyone'"),
    )
    op.create_index(
        "ix_videos_tags",
        "videos",
        ["tags"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("reach = 'everyone'"),
    )
    op.create_index(
        "ix_videos_unsettled",
        "videos",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('draft', 'processing', 'partially_playable')"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_index(
        "ix_videos_unsettled",
        table_name="videos",
        postgresql_where=sa.text("state IN ('draft', 'processing', 'partially_playable')"),
    )
    op.drop_index(
        "ix_videos_tags", table_name="videos", postgresql_using="gin", postgresql_where=sa.text("reach = 'everyone'")
    )
    op.drop_index("ix_videos_popular", table_name="videos", postgresql_where=sa.text("reach = 'everyone'"))
    op.drop_index("ix_videos_latest", table_name="videos", postgresql_where=sa.text("reach = 'everyone'"))
    op.drop_index("ix_videos_channel_popular", table_name="videos", postgresql_where=sa.text("reach = 'everyone'"))
    op.drop_index("ix_videos_channel_latest", table_name="videos", postgresql_where=sa.text("reach = 'everyone'"))
    op.drop_index("ix_videos_account_id", table_name="videos")
    op.drop_table("videos")
    op.drop_index("ix_follows_follower_id_id", table_name="follows")
    op.drop_index("ix_follows_channel_id_id", table_name="follows")
    op.drop_table("follows")
    op.drop_index("ix_comments_top", table_name="comments", postgresql_where=sa.text("parent_id IS NULL"))
    op.drop_index("ix_comments_thread", table_name="comments", postgresql_where=sa.text("parent_id IS NULL"))
    op.drop_index("ix_comments_subject_id", table_name="comments")
    op.drop_index("ix_comments_parent_id", table_name="comments", postgresql_where=sa.text("parent_id IS NOT NULL"))
    op.drop_index("ix_comments_account_id", table_name="comments")
    op.drop_table("comments")
    op.drop_index("ix_likes_subject_id", table_name="likes")
    op.drop_index("ix_likes_lately", table_name="likes", postgresql_where=sa.text("kind = 'video'"))
    op.drop_table("likes")
    op.drop_index("ix_feed_snapshots_name", table_name="feed_snapshots")
    op.drop_index("ix_feed_snapshots_created_at", table_name="feed_snapshots")
    op.drop_table("feed_snapshots")
    op.drop_index("ix_count_changes_row_id", table_name="count_changes")
    op.drop_table("count_changes")
