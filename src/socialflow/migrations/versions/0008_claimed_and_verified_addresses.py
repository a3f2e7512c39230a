"""Claimed and verified addresses

Revision: 0008
Before: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("accounts", sa.Column("pending_email", sa.String(), nullable=True))
    op.add_column("accounts", sa.Column("pending_email_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "accounts",
        sa.Column(
            "email_restored",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.create_check_constraint(
        op.f("ck_accounts_pending_email"), "accounts", sa.text("pending_email = lower(pending_email)")
    )
    op.drop_constraint(op.f("uq_accounts_email"), "accounts", type_="unique")
    op.create_index("ix_accounts_email", "accounts", ["email"], unique=False)
    op.create_index(
        "uq_accounts_email_verified",
        "accounts",
        ["email"],
        unique=True,
        postgresql_where=sa.text("email_verified_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_constraint(op.f("ck_accounts_pending_email"), "accounts")
    # Of several claims one keeps the address: the verified one, else the first.
    op.execute("""
        UPDATE accounts SET email = id || '.' || email WHERE id NOT IN (
            SELECT DISTINCT ON (email) id FROM accounts ORDER BY email, email_verified_at IS NULL, created_at, id
        )
    """)
    op.drop_index(
        "uq_accounts_email_verified", table_name="accounts", postgresql_where=sa.text("email_verified_at IS NOT NULL")
    )
    op.drop_index("ix_accounts_email", table_name="accounts")
    op.create_unique_constraint(op.f("uq_accounts_email"), "accounts", ["email"], postgresql_nulls_not_distinct=False)
    op.drop_column("accounts", "email_restored")
    op.drop_column("accounts", "pending_email_at")
    op.drop_column("accounts", "pending_email")
