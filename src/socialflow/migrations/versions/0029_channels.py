"""Channels: several of one account, handles that are kept, teams, pins, banners, links and verification

Revision: 0029
Before: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# Handles that are borne are claimed, in the table by which every claim goes from now on.
_CLAIMED = """
    INSERT INTO handles (handle, channel_id, kept_until, claimed_at)
    SELECT handle, id, NULL, created_at FROM channels WHERE deleted_at IS NULL
"""
# What the catalogue of permissions says of administrators is written down for whoever reads the table.
_TRUSTED = """
    UPDATE roles SET permissions = permissions || ARRAY['channels:verify']::varchar[]
    WHERE name = 'admin' AND NOT permissions @> ARRAY['channels:verify']::varchar[]
"""
_NOT_TRUSTED = "UPDATE roles SET permissions = array_remove(permissions, 'channels:verify')"


def upgrade() -> None:
    """Forward."""
    _channels()
    _handles()
    _teams()
    _pins()
    op.add_column("roles", sa.Column("most_channels", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_roles_most_channels"), "roles", "most_channels >= 1")
    op.add_column("uploads", sa.Column("sender_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_uploads_sender_id"), "uploads", "accounts", ["sender_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_uploads_sender_id", "uploads", ["sender_id"], postgresql_where=sa.text("sender_id IS NOT NULL"))
    op.create_index("ix_videos_channel_id", "videos", ["channel_id", "id"])
    op.create_index(
        "ix_posts_channel_unsaid",
        "posts",
        ["channel_id", "state", "id"],
        postgresql_where=sa.text("state IN ('draft', 'scheduled')"),
    )
    op.execute(_TRUSTED)


def _channels() -> None:
    op.add_column("channels", sa.Column("links", postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("channels", sa.Column("avatar_thumbhash", sa.String(), nullable=True))
    op.add_column("channels", sa.Column("banner_asset_id", sa.Uuid(), nullable=True))
    op.add_column("channels", sa.Column("banner_thumbhash", sa.String(), nullable=True))
    op.add_column("channels", sa.Column("banner_upload_id", sa.Uuid(), nullable=True))
    op.add_column("channels", sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_channels_banner_upload_id", "channels", ["banner_upload_id"])
    op.create_index("ix_channels_account_id_id", "channels", ["account_id", "id"])
    op.drop_index("ix_channels_account_id", "channels")


def _handles() -> None:
    op.create_table(
        "handles",
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_handles_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_handles")),
    )
    op.create_index("ix_handles_channel_id", "handles", ["channel_id"])
    op.create_index(
        "ix_handles_kept_until", "handles", ["kept_until"], postgresql_where=sa.text("kept_until IS NOT NULL")
    )
    op.execute(_CLAIMED)


def _teams() -> None:
    op.create_table(
        "channel_members",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="invited", nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('owner', 'editor', 'moderator', 'analyst')", name=op.f("ck_channel_members_role")),
        sa.CheckConstraint("state IN ('invited', 'active')", name=op.f("ck_channel_members_state")),
        sa.CheckConstraint("(state = 'active') = (joined_at IS NOT NULL)", name=op.f("ck_channel_members_joined")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_channel_members_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_channel_members_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", "account_id", name=op.f("pk_channel_members")),
    )
    op.create_index("ix_channel_members_channel_id_id", "channel_members", ["channel_id", "id"])
    op.create_index("ix_channel_members_account_id_id", "channel_members", ["account_id", "state", "id"])


def _pins() -> None:
    op.create_table(
        "channel_pins",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('video', 'post')", name=op.f("ck_channel_pins_kind")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_channel_pins_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", "subject_id", name=op.f("pk_channel_pins")),
    )
    op.create_index("ix_channel_pins_subject_id", "channel_pins", ["subject_id"])


def downgrade() -> None:
    """Back: former handles, teams and pins are forgotten, and so is who vouched for whom."""
    op.execute(_NOT_TRUSTED)
    op.drop_index("ix_posts_channel_unsaid", "posts")
    op.drop_index("ix_videos_channel_id", "videos")
    op.drop_index("ix_uploads_sender_id", "uploads")
    op.drop_constraint(op.f("fk_uploads_sender_id"), "uploads", type_="foreignkey")
    op.drop_column("uploads", "sender_id")
    op.drop_constraint(op.f("ck_roles_most_channels"), "roles", type_="check")
    op.drop_column("roles", "most_channels")
    for table in ("channel_pins", "channel_members", "handles"):
        op.drop_table(table)
    op.create_index("ix_channels_account_id", "channels", ["account_id"])
    op.drop_index("ix_channels_account_id_id", "channels")
    op.drop_index("ix_channels_banner_upload_id", "channels")
    for column in (
        "verified_at",
        "banner_upload_id",
        "banner_thumbhash",
        "banner_asset_id",
        "avatar_thumbhash",
        "links",
    ):
        op.drop_column("channels", column)
