"""Protection and fair shares

Revision: 0025
Before: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("transcodes", sa.Column("failed_repairs", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_table(
        "watched_sendings",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_watched_sendings")),
    )
    op.add_column("jobs", sa.Column("lane", sa.String(), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("jobs", "lane")
    op.drop_table("watched_sendings")
    op.drop_column("transcodes", "failed_repairs")
