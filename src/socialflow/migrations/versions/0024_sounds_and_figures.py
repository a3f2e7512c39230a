"""Sounds and figures

Revision: 0024
Before: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("renditions", sa.Column("language", sa.String(), nullable=True))
    op.add_column("renditions", sa.Column("label", sa.String(), nullable=True))
    op.add_column("renditions", sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column(
        "renditions",
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )


def downgrade() -> None:
    """Back."""
    for name in ("figures", "is_default", "label", "language"):
        op.drop_column("renditions", name)
