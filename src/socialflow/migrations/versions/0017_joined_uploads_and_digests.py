"""Uploads joined of parts, and digests of whole files

Revision: 0017
Before: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("uploads", sa.Column("kind", sa.String(), server_default="whole", nullable=False))
    op.add_column("uploads", sa.Column("parts", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.add_column("uploads", sa.Column("sha256", sa.String(), nullable=True))
    op.add_column("uploads", sa.Column("store_token", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_uploads_kind"), "uploads", "kind IN ('whole', 'partial', 'final', 'direct')")
    op.create_check_constraint(op.f("ck_uploads_partial"), "uploads", "kind <> 'partial' OR state <> 'received'")
    op.create_check_constraint(op.f("ck_uploads_final"), "uploads", "kind <> 'final' OR state = 'received'")
    op.alter_column("upload_pieces", "sha256", nullable=True)
    op.add_column("assets", sa.Column("sha256", sa.String(), nullable=True))
    op.create_index(
        "ix_assets_sha256",
        "assets",
        ["account_id", "sha256"],
        unique=False,
        postgresql_where=sa.text("sha256 IS NOT NULL"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_assets_sha256", table_name="assets", postgresql_where=sa.text("sha256 IS NOT NULL"))
    op.drop_column("assets", "sha256")
    # A digest that nobody knows is one that nothing has: such a source counts as damaged afterwards.
    op.execute("UPDATE upload_pieces SET sha256 = '' WHERE sha256 IS NULL")
    op.alter_column("upload_pieces", "sha256", nullable=False)
    op.drop_constraint(op.f("ck_uploads_final"), "uploads", type_="check")
    op.drop_constraint(op.f("ck_uploads_partial"), "uploads", type_="check")
    op.drop_constraint(op.f("ck_uploads_kind"), "uploads", type_="check")
    op.drop_column("uploads", "store_token")
    op.drop_column("uploads", "sha256")
    op.drop_column("uploads", "parts")
    op.drop_column("uploads", "kind")
