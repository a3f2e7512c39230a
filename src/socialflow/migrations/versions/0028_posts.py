"""Posts: words, photos, polls, quotes, replies, reposts and hashtags

Revision: 0028
Before: 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# Whoever looks after what people say looks after posts, too. Roles that an installation has made stay as they are.
_TRUSTED = """
    UPDATE roles SET permissions = permissions || ARRAY['posts:see_any', 'posts:remove_any']::varchar[]
    WHERE name IN ('moderator', 'admin') AND NOT permissions @> ARRAY['posts:see_any']::varchar[]
"""
_NOT_TRUSTED = """
    UPDATE roles SET permissions = array_remove(array_remove(permissions, 'posts:see_any'), 'posts:remove_any')
"""


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "hashtags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("post_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("follower_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("post_count >= 0 AND follower_count >= 0", name=op.f("ck_hashtags_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hashtags")),
        sa.UniqueConstraint("name", name=op.f("uq_hashtags_name")),
    )
    op.create_index("ix_hashtags_prefix", "hashtags", ["name"], postgresql_ops={"name": "text_pattern_ops"})
    op.create_table(
        "link_previews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("site_name", sa.String(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'ready', 'failed')", name=op.f("ck_link_previews_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_previews")),
        sa.UniqueConstraint("digest", name=op.f("uq_link_previews_digest")),
    )
    op.create_index("ix_link_previews_created_at", "link_previews", ["created_at"], unique=False)
    op.create_table(
        "hashtag_follows",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("hashtag_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_hashtag_follows_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["hashtag_id"], ["hashtags.id"], name=op.f("fk_hashtag_follows_hashtag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "hashtag_id", name=op.f("pk_hashtag_follows")),
    )
    op.create_index("ix_hashtag_follows_account_id_id", "hashtag_follows", ["account_id", "id"], unique=False)
    op.create_index("ix_hashtag_follows_hashtag_id", "hashtag_follows", ["hashtag_id"], unique=False)
    op.create_table(
        "posting_settings",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("visibility", sa.String(), server_default="public", nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("reply_policy", sa.String(), server_default="everybody", nullable=False),
        sa.Column("quote_policy", sa.String(), server_default="everybody", nullable=False),
        sa.Column("video_quote_policy", sa.String(), server_default="everybody", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "quote_policy IN ('everybody', 'followers', 'nobody')", name=op.f("ck_posting_settings_quote_policy")
        ),
        sa.CheckConstraint(
            "reply_policy IN ('everybody', 'followers', 'mentioned', 'nobody')",
            name=op.f("ck_posting_settings_reply_policy"),
        ),
        sa.CheckConstraint(
            "video_quote_policy IN ('everybody', 'followers', 'nobody')",
            name=op.f("ck_posting_settings_video_quote_policy"),
        ),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'followers', 'members', 'private')",
            name=op.f("ck_posting_settings_visibility"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_posting_settings_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_posting_settings")),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("audience_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("root_id", sa.Uuid(), nullable=True),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quoted_post_id", sa.Uuid(), nullable=True),
        sa.Column("quoted_video_id", sa.Uuid(), nullable=True),
        sa.Column("quote_revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.String(), server_default="", nullable=False),
        sa.Column("facets", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), server_default="none", nullable=False),
        sa.Column("restriction", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "reach",
            sa.String(),
            sa.Computed(
                "CASE WHEN state <> 'published' OR restriction IS NOT NULL THEN 'owner'"
                " WHEN visibility = 'public' AND mark = 'adult' THEN 'known'"
                " WHEN visibility = 'public' THEN 'everyone'"
                " WHEN visibility = 'unlisted' THEN 'link'"
                " WHEN visibility = 'followers' THEN 'followers'"
                " WHEN visibility = 'members' THEN 'members'"
                " WHEN visibility = 'password' THEN 'password'"
                " WHEN visibility = 'named' THEN 'named'"
                " ELSE 'owner' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("reply_policy", sa.String(), server_default="everybody", nullable=False),
        sa.Column("quote_policy", sa.String(), server_default="everybody", nullable=False),
        sa.Column("preview_id", sa.Uuid(), nullable=True),
        sa.Column("reply_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repost_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quote_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name=op.f("ck_posts_deleted")),
        sa.CheckConstraint("(state = 'published') <= (published_at IS NOT NULL)", name=op.f("ck_posts_published")),
        sa.CheckConstraint("(state = 'scheduled') = (publish_at IS NOT NULL)", name=op.f("ck_posts_scheduled")),
        sa.CheckConstraint("mark IN ('none', 'sensitive', 'adult')", name=op.f("ck_posts_mark")),
        sa.CheckConstraint("quote_policy IN ('everybody', 'followers', 'nobody')", name=op.f("ck_posts_quote_policy")),
        sa.CheckConstraint(
            "reply_policy IN ('everybody', 'followers', 'mentioned', 'nobody')", name=op.f("ck_posts_reply_policy")
        ),
        sa.CheckConstraint("restriction IN ('under_review', 'blocked')", name=op.f("ck_posts_restriction")),
        sa.CheckConstraint("state <> 'deleted' OR text = ''", name=op.f("ck_posts_tombstone")),
        sa.CheckConstraint("state IN ('draft', 'scheduled', 'published', 'deleted')", name=op.f("ck_posts_state")),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'followers', 'members', 'private')", name=op.f("ck_posts_visibility")
        ),
        sa.CheckConstraint("parent_id <> id AND (parent_id IS NULL OR depth > 0)", name=op.f("ck_posts_parent")),
        sa.CheckConstraint("quoted_post_id IS NULL OR quoted_video_id IS NULL", name=op.f("ck_posts_quoted")),
        sa.CheckConstraint("reply_count >= 0 AND repost_count >= 0 AND quote_count >= 0", name=op.f("ck_posts_counts")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_posts_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["channels.id"], name=op.f("fk_posts_audience_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_posts_channel_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["posts.id"], name=op.f("fk_posts_parent_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["preview_id"], ["link_previews.id"], name=op.f("fk_posts_preview_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index("ix_posts_account_id", "posts", ["account_id", "id"], unique=False)
    op.create_index("ix_posts_audience_id", "posts", ["audience_id"], unique=False)
    op.create_index(
        "ix_posts_channel_all",
        "posts",
        ["channel_id", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("reach IN ('everyone', 'known', 'followers', 'members')"),
    )
    op.create_index(
        "ix_posts_channel_latest",
        "posts",
        ["channel_id", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("reach IN ('everyone', 'known', 'followers', 'members') AND depth = 0"),
    )
    op.create_index(
        "ix_posts_latest",
        "posts",
        [sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("reach IN ('everyone', 'known', 'followers', 'members') AND depth = 0"),
    )
    op.create_index(
        "ix_posts_parent_id",
        "posts",
        ["parent_id", "published_at", "id"],
        unique=False,
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_posts_preview_id", "posts", ["preview_id"], unique=False, postgresql_where=sa.text("preview_id IS NOT NULL")
    )
    op.create_index(
        "ix_posts_quoted_post_id",
        "posts",
        ["quoted_post_id", "id"],
        unique=False,
        postgresql_where=sa.text("quoted_post_id IS NOT NULL"),
    )
    op.create_index(
        "ix_posts_quoted_video_id",
        "posts",
        ["quoted_video_id"],
        unique=False,
        postgresql_where=sa.text("quoted_video_id IS NOT NULL"),
    )
    op.create_index(
        "ix_posts_scheduled",
        "posts",
        ["publish_at", "id"],
        unique=False,
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )
    op.create_index(
        "ix_posts_unsaid",
        "posts",
        ["account_id", "state", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('draft', 'scheduled')"),
    )
    op.create_table(
        "reposts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('post', 'video')", name=op.f("ck_reposts_kind")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_reposts_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_reposts_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "subject_id", name=op.f("pk_reposts")),
    )
    op.create_index("ix_reposts_channel_id_id", "reposts", ["channel_id", "id"], unique=False)
    op.create_index("ix_reposts_subject_id_id", "reposts", ["subject_id", "id"], unique=False)
    op.create_table(
        "polls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("multiple", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voter_count", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("duration_s BETWEEN 300 AND 2678400", name=op.f("ck_polls_duration_s")),
        sa.CheckConstraint("voter_count >= 0", name=op.f("ck_polls_voter_count")),
        sa.ForeignKeyConstraint(["id"], ["posts.id"], name=op.f("fk_polls_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index(
        "ix_polls_ends_at",
        "polls",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND ends_at IS NOT NULL"),
    )
    op.create_table(
        "post_hashtags",
        sa.Column("hashtag_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["hashtag_id"], ["hashtags.id"], name=op.f("fk_post_hashtags_hashtag_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_hashtags_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hashtag_id", "post_id", name=op.f("pk_post_hashtags")),
    )
    op.create_index(
        "ix_post_hashtags_latest",
        "post_hashtags",
        ["hashtag_id", sa.literal_column("published_at DESC"), sa.literal_column("post_id DESC")],
        unique=False,
    )
    op.create_index("ix_post_hashtags_post_id", "post_hashtags", ["post_id"], unique=False)
    op.create_table(
        "post_mentions",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_post_mentions_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_mentions_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "account_id", name=op.f("pk_post_mentions")),
    )
    op.create_index("ix_post_mentions_account_id", "post_mentions", ["account_id", "post_id"], unique=False)
    op.create_table(
        "post_photos",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("position BETWEEN 0 AND 9", name=op.f("ck_post_photos_position")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_photos_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "asset_id", name=op.f("pk_post_photos")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_post_photos_asset_id")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_post_photos_upload_id")),
    )
    op.create_table(
        "post_versions",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("facets", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("photos", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_versions_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "number", name=op.f("pk_post_versions")),
    )
    op.create_table(
        "poll_options",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("vote_count", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("number BETWEEN 0 AND 5", name=op.f("ck_poll_options_number")),
        sa.CheckConstraint("vote_count >= 0", name=op.f("ck_poll_options_vote_count")),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name=op.f("fk_poll_options_poll_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_options")),
    )
    op.create_index("ux_poll_options_poll_id", "poll_options", ["poll_id", "number"], unique=True)
    op.create_table(
        "poll_votes",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("choices", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_poll_votes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name=op.f("fk_poll_votes_poll_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("poll_id", "account_id", name=op.f("pk_poll_votes")),
    )
    op.create_index("ix_poll_votes_account_id", "poll_votes", ["account_id"], unique=False)

    op.execute(_TRUSTED)


def downgrade() -> None:
    """Back."""
    op.execute(_NOT_TRUSTED)
    for table in (
        "poll_votes",
        "poll_options",
        "post_versions",
        "post_photos",
        "post_mentions",
        "post_hashtags",
        "polls",
        "reposts",
        "posts",
        "posting_settings",
        "hashtag_follows",
        "link_previews",
        "hashtags",
    ):
        op.drop_table(table)
