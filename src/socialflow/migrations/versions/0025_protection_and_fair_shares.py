"""Protection and fair shares

Revision: 0025
Before: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("transcodes", sa.Column("failed_repairs", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("assets", sa.Column("protection", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_assets_protection"), "assets", "protection IN ('none', 'aes128', 'clearkey')")
    op.create_table(
        "asset_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("protection", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("protection IN ('aes128', 'clearkey')", name=op.f("ck_asset_keys_protection")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_asset_keys_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_keys")),
    )
    op.create_index(
        "ux_asset_keys_in_force", "asset_keys", ["asset_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(
        "ix_asset_keys_ended_at", "asset_keys", ["ended_at"], postgresql_where=sa.text("ended_at IS NOT NULL")
    )
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
    """Back; refused while anything is served under a key, which is nowhere else."""
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM asset_keys WHERE ended_at IS NULL) THEN
                RAISE EXCEPTION 'videos are protected, and their keys would be lost: take protection away from them';
            END IF;
        END $$
    """)
    op.drop_column("jobs", "lane")
    op.drop_table("watched_sendings")
    op.drop_table("asset_keys")
    op.drop_constraint(op.f("ck_assets_protection"), "assets")
    op.drop_column("assets", "protection")
    op.drop_column("transcodes", "failed_repairs")
