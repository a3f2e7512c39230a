"""Files by key

Revision: 0016
Before: 0014
"""

from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_asset_files_key", "asset_files", ["key"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_asset_files_key", table_name="asset_files")
