"""Exports and erasures

Revision: 0010
Before: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "erasures",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erase_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_to", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_erasures")),
    )
    op.create_index(
        "ix_erasures_due", "erasures", ["erase_after"], unique=False, postgresql_where=sa.text("erased_at IS NULL")
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("progress", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("folder", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'ready' OR (folder IS NOT NULL AND size IS NOT NULL)", name=op.f("ck_exports_ready")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'ready', 'failed', 'expired')", name=op.f("ck_exports_state")
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_exports_progress")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_exports_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_account_id", "exports", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_exports_expires_at", "exports", ["expires_at"], unique=False, postgresql_where=sa.text("state = 'ready'")
    )
    op.create_index(
        "uq_exports_going_on",
        "exports",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        "ix_accounts_hidden",
        "accounts",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'suspended', 'leaving', 'erased')"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_index(
        "ix_accounts_hidden",
        table_name="accounts",
        postgresql_where=sa.text("state IN ('pending', 'suspended', 'leaving', 'erased')"),
    )
    op.drop_index(
        "uq_exports_going_on", table_name="exports", postgresql_where=sa.text("state IN ('queued', 'running')")
    )
    op.drop_index("ix_exports_expires_at", table_name="exports", postgresql_where=sa.text("state = 'ready'"))
    op.drop_index("ix_exports_account_id", table_name="exports")
    op.drop_table("exports")
    op.drop_index("ix_erasures_due", table_name="erasures", postgresql_where=sa.text("erased_at IS NULL"))
    op.drop_table("erasures")
