"""Personal tokens

Revision: 0013
Before: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "personal_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("networks", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.String(), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_personal_tokens_expires_at")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_personal_tokens_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_personal_tokens_digest")),
    )
    op.create_index(op.f("ix_personal_tokens_account_id"), "personal_tokens", ["account_id"], unique=False)
    op.create_index("ix_personal_tokens_expires_at", "personal_tokens", ["expires_at"], unique=False)
    op.create_index(
        "ix_personal_tokens_revoked_at",
        "personal_tokens",
        ["revoked_at"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    # A log-in that is used ends no later than its own end; what has run out is found by this column alone.
    op.execute("UPDATE sessions SET expires_at = ends_at WHERE expires_at > ends_at")


def downgrade() -> None:
    """Back."""
    op.drop_index(
        "ix_personal_tokens_revoked_at",
        table_name="personal_tokens",
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.drop_index("ix_personal_tokens_expires_at", table_name="personal_tokens")
    op.drop_index(op.f("ix_personal_tokens_account_id"), table_name="personal_tokens")
    op.drop_table("personal_tokens")
