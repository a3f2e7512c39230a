"""Private accounts, blocks, mutes and lists

Revision: 0026
Before: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("accounts", sa.Column("is_private", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("follows", sa.Column("bell", sa.String(), server_default="none", nullable=False))
    op.create_check_constraint(op.f("ck_follows_bell"), "follows", "bell IN ('none', 'highlights', 'all')")
    op.create_index(
        "ix_channels_popular",
        "channels",
        [sa.literal_column("follower_count DESC"), sa.literal_column("id DESC")],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    _blocks()
    _follow_requests()
    _mutes()
    _lists()


def _blocks() -> None:
    op.create_table(
        "blocks",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("account_id <> blocked_id", name=op.f("ck_blocks_other")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_blocks_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["blocked_id"], ["accounts.id"], name=op.f("fk_blocks_blocked_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "blocked_id", name=op.f("pk_blocks")),
    )
    op.create_index("ix_blocks_account_id_id", "blocks", ["account_id", "id"])
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id", "account_id"])


def _follow_requests() -> None:
    op.create_table(
        "follow_requests",
        sa.Column("follower_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_follow_requests_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["accounts.id"], name=op.f("fk_follow_requests_follower_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("follower_id", "channel_id", name=op.f("pk_follow_requests")),
    )
    op.create_index("ix_follow_requests_channel_id_id", "follow_requests", ["channel_id", "id"])
    op.create_index("ix_follow_requests_follower_id_id", "follow_requests", ["follower_id", "id"])


def _mutes() -> None:
    op.create_table(
        "mutes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("muted_id", sa.Uuid(), nullable=True),
        sa.Column("prefix", sa.String(), nullable=True),
        sa.Column("term", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('account', 'thread', 'word', 'hashtag')", name=op.f("ck_mutes_kind")),
        sa.CheckConstraint("(kind IN ('account', 'thread')) = (muted_id IS NOT NULL)", name=op.f("ck_mutes_muted_id")),
        sa.CheckConstraint("(kind IN ('word', 'hashtag')) = (term IS NOT NULL)", name=op.f("ck_mutes_term")),
        sa.CheckConstraint("(kind = 'thread') = (prefix IS NOT NULL)", name=op.f("ck_mutes_prefix")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mutes_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
    )
    op.create_index(
        "ux_mutes_muted_id",
        "mutes",
        ["account_id", "muted_id"],
        unique=True,
        postgresql_where=sa.text("muted_id IS NOT NULL"),
    )
    op.create_index(
        "ux_mutes_term",
        "mutes",
        ["account_id", "kind", "term"],
        unique=True,
        postgresql_where=sa.text("term IS NOT NULL"),
    )
    op.create_index("ix_mutes_account_id", "mutes", ["account_id", "id"])
    op.create_index("ix_mutes_expires_at", "mutes", ["expires_at"], postgresql_where=sa.text("expires_at IS NOT NULL"))


def _lists() -> None:
    op.create_table(
        "people_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_people_lists_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_lists")),
    )
    op.create_index("ix_people_lists_account_id", "people_lists", ["account_id", "id"])
    op.create_table(
        "people_list_members",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_people_list_members_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["people_lists.id"], name=op.f("fk_people_list_members_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "channel_id", name=op.f("pk_people_list_members")),
    )
    op.create_index("ix_people_list_members_list_id_id", "people_list_members", ["list_id", "id"])
    op.create_index("ix_people_list_members_channel_id", "people_list_members", ["channel_id"])


def downgrade() -> None:
    """Back."""
    for table in ("people_list_members", "people_lists", "mutes", "follow_requests", "blocks"):
        op.drop_table(table)
    op.drop_index("ix_channels_popular", table_name="channels")
    op.drop_constraint(op.f("ck_follows_bell"), "follows", type_="check")
    op.drop_column("follows", "bell")
    op.drop_column("accounts", "is_private")
