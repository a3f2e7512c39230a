"""Imports from links, originals that go, and replaced files

Revision: 0018
Before: 0017

`assets.counted` begins as what assets count for already: the size of their original.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    _uploads()
    _assets()
    _sources()


def _uploads() -> None:
    op.alter_column("uploads", "length", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("uploads", sa.Column("origin", sa.String(), server_default="sent", nullable=False))
    op.add_column("uploads", sa.Column("failure_code", sa.String(), nullable=True))
    op.add_column("uploads", sa.Column("failure_detail", sa.String(), nullable=True))
    op.drop_constraint(op.f("ck_uploads_state"), "uploads", type_="check")
    op.create_check_constraint(
        op.f("ck_uploads_state"), "uploads", "state IN ('receiving', 'received', 'expired', 'failed')"
    )
    op.create_check_constraint(op.f("ck_uploads_origin"), "uploads", "origin IN ('sent', 'link')")
    op.create_check_constraint(
        op.f("ck_uploads_known_length"), "uploads", "length IS NOT NULL OR (origin = 'link' AND state <> 'received')"
    )
    op.drop_index("ix_uploads_expired", table_name="uploads")
    op.create_index(
        "ix_uploads_expired",
        "uploads",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('expired', 'failed')"),
    )
    op.create_table(
        "link_imports",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=True),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=False),
        sa.Column("validator", sa.String(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_link_imports_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_link_imports")),
    )


def _assets() -> None:
    op.add_column("assets", sa.Column("counted", sa.BigInteger(), nullable=True))
    op.execute("UPDATE assets SET counted = source_size")
    op.alter_column("assets", "counted", existing_type=sa.BigInteger(), nullable=False)
    op.create_check_constraint(op.f("ck_assets_counted"), "assets", "counted >= 0")
    op.create_index(
        "ix_assets_originals",
        "assets",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("source_key IS NOT NULL"),
    )


def _sources() -> None:
    op.create_table(
        "video_sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_detail", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'current', 'retired', 'gone', 'failed', 'superseded')",
            name=op.f("ck_video_sources_state"),
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_sources_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_sources")),
    )
    op.create_index("ix_video_sources_video_id", "video_sources", ["video_id", "id"], unique=False)
    live = sa.text("state IN ('pending', 'current', 'retired')")
    op.create_index("ux_video_sources_asset_id", "video_sources", ["asset_id"], unique=True, postgresql_where=live)
    op.create_index("ux_video_sources_upload_id", "video_sources", ["upload_id"], unique=True, postgresql_where=live)
    for state in ("pending", "current"):
        op.create_index(
            f"ux_video_sources_{state}",
            "video_sources",
            ["video_id"],
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )
    op.create_index(
        "ix_video_sources_retired",
        "video_sources",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("state = 'retired'"),
    )


def downgrade() -> None:
    """Back: imports that are under way or have failed are forgotten, and so is what replaced files were."""
    op.drop_table("video_sources")
    op.drop_index("ix_assets_originals", table_name="assets")
    op.drop_constraint(op.f("ck_assets_counted"), "assets", type_="check")
    op.drop_column("assets", "counted")
    op.drop_table("link_imports")
    op.execute("DELETE FROM uploads WHERE length IS NULL OR state = 'failed'")
    op.drop_index("ix_uploads_expired", table_name="uploads")
    op.drop_constraint(op.f("ck_uploads_known_length"), "uploads", type_="check")
    op.drop_constraint(op.f("ck_uploads_origin"), "uploads", type_="check")
    op.drop_constraint(op.f("ck_uploads_state"), "uploads", type_="check")
    op.create_check_constraint(op.f("ck_uploads_state"), "uploads", "state IN ('receiving', 'received', 'expired')")
    op.create_index(
        "ix_uploads_expired",
        "uploads",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'expired'"),
    )
    op.drop_column("uploads", "failure_detail")
    op.drop_column("uploads", "failure_code")
    op.drop_column("uploads", "origin")
    op.alter_column("uploads", "length", existing_type=sa.BigInteger(), nullable=False)
