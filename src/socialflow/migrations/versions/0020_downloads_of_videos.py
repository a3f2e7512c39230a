"""Downloads of videos, and whose pages may show them

Revision: 0020
Before: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("videos", sa.Column("allow_download", sa.Boolean(), server_default="false", nullable=False))
    for table in ("videos", "channels"):
        op.add_column(table, sa.Column("embed_domains", postgresql.ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    for table in ("channels", "videos"):
        op.drop_column(table, "embed_domains")
    op.drop_column("videos", "allow_download")
