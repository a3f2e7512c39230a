"""Comments in trees, with photos, history and their owner's care; dislikes and reactions; likes of posts

Revision: 0030
Before: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('video', 'post', 'comment')"
_STATES = "state IN ('draft', 'scheduled', 'published', 'held', 'hidden', 'deleted')"
_STATES_BEFORE = "state IN ('draft', 'scheduled', 'published', 'deleted')"
_CHOICE = "CASE WHEN hearted_at IS NULL THEN 0 ELSE 1 END"
# What hung on a video that is gone would have been forgotten in a moment.
_PLACED = (
    "DELETE FROM comments WHERE NOT EXISTS (SELECT FROM videos WHERE videos.id = comments.subject_id)",
    """
    UPDATE comments SET owner_id = videos.account_id, thread_id = comments.parent_id,
        depth = CASE WHEN comments.parent_id IS NULL THEN 0 ELSE 1 END
    FROM videos WHERE videos.id = comments.subject_id
    """,
    """
    UPDATE posts SET curator_id = roots.account_id FROM posts AS roots
    WHERE roots.id = posts.root_id AND roots.deleted_at IS NULL
    """,
)
# Whoever looks after what people say looks after what they react by. Roles of an installation's own stay as they are.
_TRUSTED = """
    UPDATE roles SET permissions = permissions || ARRAY['emojis:manage']::varchar[]
    WHERE name IN ('moderator', 'admin') AND NOT permissions @> ARRAY['emojis:manage']::varchar[]
"""
_NOT_TRUSTED = "UPDATE roles SET permissions = array_remove(permissions, 'emojis:manage')"


def upgrade() -> None:
    """Forward."""
    _change_comments()
    _change_posts()
    for statement in _PLACED:
        op.execute(statement)
    op.alter_column("comments", "owner_id", nullable=False)
    _check_comments()
    _hang_on_comments()
    _react()
    op.create_index("ix_channels_handle_prefix", "channels", ["handle"], postgresql_ops={"handle": "text_pattern_ops"})
    op.execute(_TRUSTED)


def _change_comments() -> None:
    op.drop_constraint(op.f("ck_comments_tombstone"), "comments")
    for column in (
        sa.Column("subject_kind", sa.String(), server_default="video", nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("thread_id", sa.Uuid(), nullable=True),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("facets", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("state", sa.String(), server_default="shown", nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hearted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("choice", sa.Integer(), sa.Computed(_CHOICE, persisted=True), nullable=False),
    ):
        op.add_column("comments", column)
    op.alter_column("comments", "subject_kind", server_default=None)


def _check_comments() -> None:
    op.create_foreign_key(
        op.f("fk_comments_owner_id"), "comments", "accounts", ["owner_id"], ["id"], ondelete="CASCADE"
    )
    op.create_foreign_key(
        op.f("fk_comments_thread_id"), "comments", "comments", ["thread_id"], ["id"], ondelete="CASCADE"
    )
    for name, condition in (
        ("state", "state IN ('shown', 'held', 'hidden')"),
        ("subject_kind", "subject_kind IN ('video')"),
        ("parent", "(parent_id IS NULL) = (depth = 0) AND parent_id <> id"),
        ("root", "(parent_id IS NULL) = (thread_id IS NULL)"),
        ("pinned", "pinned_at IS NULL OR (depth = 0 AND state = 'shown' AND deleted_at IS NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_comments_{name}"), "comments", condition)
    op.create_index(
        "ix_comments_choice",
        "comments",
        ["subject_id", sa.text("choice DESC"), sa.text("like_count DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.create_index(
        "ux_comments_pinned",
        "comments",
        ["subject_id"],
        unique=True,
        postgresql_where=sa.text("pinned_at IS NOT NULL"),
    )
    op.create_index(
        "ix_comments_thread_id", "comments", ["thread_id"], postgresql_where=sa.text("thread_id IS NOT NULL")
    )
    for name, column in (("ix_comments_unshown", "owner_id"), ("ix_comments_own_unshown", "account_id")):
        op.create_index(name, "comments", [column, "state", "id"], postgresql_where=sa.text("state <> 'shown'"))
    op.create_index("ix_comments_owner_id", "comments", ["owner_id"])


def _change_posts() -> None:
    for column in (
        sa.Column("like_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("curator_id", sa.Uuid(), nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hearted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("choice", sa.Integer(), sa.Computed(_CHOICE, persisted=True), nullable=False),
        sa.Column("hold_replies", sa.Boolean(), server_default="false", nullable=False),
    ):
        op.add_column("posts", column)
    op.add_column("posting_settings", sa.Column("hold_replies", sa.Boolean(), server_default="false", nullable=False))
    op.create_foreign_key(op.f("fk_posts_curator_id"), "posts", "accounts", ["curator_id"], ["id"], ondelete="SET NULL")
    op.drop_constraint(op.f("ck_posts_state"), "posts")
    op.create_check_constraint(op.f("ck_posts_state"), "posts", _STATES)
    op.create_check_constraint(op.f("ck_posts_like_count"), "posts", "like_count >= 0")
    op.create_check_constraint(
        op.f("ck_posts_pinned"), "posts", "pinned_at IS NULL OR (depth = 1 AND state = 'published')"
    )
    said = sa.text("published_at IS NOT NULL")
    order = [sa.text("like_count DESC"), sa.text("id DESC")]
    op.create_index("ix_posts_parent_top", "posts", ["parent_id", *order], postgresql_where=said)
    op.create_index(
        "ix_posts_parent_choice", "posts", ["parent_id", sa.text("choice DESC"), *order], postgresql_where=said
    )
    op.create_index(
        "ux_posts_pinned", "posts", ["parent_id"], unique=True, postgresql_where=sa.text("pinned_at IS NOT NULL")
    )
    op.create_index(
        "ix_posts_unshown",
        "posts",
        ["curator_id", "state", "id"],
        postgresql_where=sa.text("state IN ('held', 'hidden')"),
    )
    op.create_index("ix_posts_curator_id", "posts", ["curator_id"])


def _hang_on_comments() -> None:
    def of_comment(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
        return sa.Column("comment_id", sa.Uuid(), nullable=False), sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f(f"fk_{table}_comment_id"), ondelete="CASCADE"
        )

    op.create_table(
        "comment_versions",
        *of_comment("comment_versions"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("facets", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", "number", name=op.f("pk_comment_versions")),
    )
    op.create_table(
        "comment_photos",
        *of_comment("comment_photos"),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("position BETWEEN 0 AND 3", name=op.f("ck_comment_photos_position")),
        sa.PrimaryKeyConstraint("comment_id", "asset_id", name=op.f("pk_comment_photos")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_comment_photos_asset_id")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_comment_photos_upload_id")),
    )
    op.create_table(
        "comment_mentions",
        *of_comment("comment_mentions"),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comment_mentions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "account_id", name=op.f("pk_comment_mentions")),
    )
    op.create_index("ix_comment_mentions_account_id", "comment_mentions", ["account_id", "comment_id"])
    op.create_table(
        "comment_rules",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('video', 'channel')", name=op.f("ck_comment_rules_kind")),
        sa.CheckConstraint("mode IN ('open', 'held', 'off')", name=op.f("ck_comment_rules_mode")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comment_rules_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_comment_rules")),
    )
    op.create_index("ix_comment_rules_account_id", "comment_rules", ["account_id"])


def _react() -> None:
    op.drop_constraint(op.f("ck_likes_kind"), "likes")
    op.create_check_constraint(op.f("ck_likes_kind"), "likes", _KINDS)
    for table, more in (("dislikes", ()), ("reactions", (sa.Column("emoji", sa.String(), nullable=False),))):
        op.create_table(
            table,
            sa.Column("account_id", sa.Uuid(), nullable=False),
            sa.Column("subject_id", sa.Uuid(), nullable=False),
            sa.Column("kind", sa.String(), nullable=False),
            *more,
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.CheckConstraint(_KINDS, name=op.f(f"ck_{table}_kind")),
            sa.ForeignKeyConstraint(
                ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("account_id", "subject_id", name=op.f(f"pk_{table}")),
        )
    op.create_index("ix_dislikes_subject_id", "dislikes", ["subject_id"])
    op.create_index("ix_reactions_subject_id", "reactions", ["subject_id", "emoji"])
    op.create_table(
        "reaction_counts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_reaction_counts_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction_counts")),
    )
    op.create_index("ux_reaction_counts_subject_id", "reaction_counts", ["subject_id", "symbol"], unique=True)
    op.create_table(
        "custom_emojis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("alt", sa.String(), server_default="", nullable=False),
        sa.Column("offered", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9_]{2,30}$'", name=op.f("ck_custom_emojis_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_emojis")),
        *(
            sa.UniqueConstraint(column, name=op.f(f"uq_custom_emojis_{column}"))
            for column in ("name", "upload_id", "asset_id")
        ),
    )


def downgrade() -> None:
    """Back. What the former tables have no place for goes: what is not shown, and how deep something stands."""
    op.execute(_NOT_TRUSTED)
    op.drop_index("ix_channels_handle_prefix", "channels")
    for table in ("custom_emojis", "reaction_counts", "reactions", "dislikes"):
        op.drop_table(table)
    op.execute("DELETE FROM likes WHERE kind = 'post'")
    op.drop_constraint(op.f("ck_likes_kind"), "likes")
    op.create_check_constraint(op.f("ck_likes_kind"), "likes", "kind IN ('video', 'comment')")
    for table in ("comment_rules", "comment_mentions", "comment_photos", "comment_versions"):
        op.drop_table(table)
    _change_posts_back()
    op.execute("DELETE FROM comments WHERE state <> 'shown' OR (deleted_at IS NOT NULL AND parent_id IS NOT NULL)")
    op.execute("UPDATE comments SET parent_id = thread_id WHERE thread_id IS NOT NULL")
    for index in ("owner_id", "own_unshown", "unshown", "thread_id", "choice"):
        op.drop_index(f"ix_comments_{index}", "comments")
    op.drop_index("ux_comments_pinned", "comments")
    for constraint in ("pinned", "root", "parent", "subject_kind", "state"):
        op.drop_constraint(op.f(f"ck_comments_{constraint}"), "comments")
    for column in (
        *("choice", "hearted_at", "pinned_at", "state", "facets", "depth", "thread_id", "owner_id", "subject_kind"),
    ):
        op.drop_column("comments", column)
    op.create_check_constraint(op.f("ck_comments_tombstone"), "comments", "deleted_at IS NULL OR parent_id IS NULL")


def _change_posts_back() -> None:
    op.execute("DELETE FROM posts WHERE state IN ('held', 'hidden')")
    for index in ("ix_posts_curator_id", "ix_posts_unshown", "ux_posts_pinned"):
        op.drop_index(index, "posts")
    for index in ("ix_posts_parent_choice", "ix_posts_parent_top"):
        op.drop_index(index, "posts")
    op.drop_constraint(op.f("ck_posts_pinned"), "posts")
    op.drop_constraint(op.f("ck_posts_like_count"), "posts")
    op.drop_constraint(op.f("ck_posts_state"), "posts")
    op.create_check_constraint(op.f("ck_posts_state"), "posts", _STATES_BEFORE)
    op.drop_column("posting_settings", "hold_replies")
    for column in ("hold_replies", "choice", "hearted_at", "pinned_at", "curator_id", "like_count"):
        op.drop_column("posts", column)
