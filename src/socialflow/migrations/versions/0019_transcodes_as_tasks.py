"""Transcodes as tasks

Revision: 0019
Before: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "transcodes",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), server_default="running", nullable=False),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("source", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_notes", sa.String(), nullable=True),
        sa.Column("cpu_s", sa.Double(), server_default="0", nullable=False),
        sa.Column("work_s", sa.Double(), server_default="0", nullable=False),
        sa.Column("bytes_made", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'cancelled')", name=op.f("ck_transcodes_state")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_transcodes_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_transcodes")),
    )
    op.create_index("ix_transcodes_state", "transcodes", ["state", "asset_id"], unique=False)
    op.create_table(
        "transcode_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rung_group", sa.SmallInteger(), nullable=True),
        sa.Column("rungs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_chunk", sa.Integer(), nullable=True),
        sa.Column("chunks", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("progress", sa.Double(), server_default="0", nullable=False),
        sa.Column("patience_s", sa.Double(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("made", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_notes", sa.String(), nullable=True),
        sa.Column("cpu_s", sa.Double(), server_default="0", nullable=False),
        sa.Column("wall_s", sa.Double(), server_default="0", nullable=False),
        sa.Column("bytes_made", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_transcode_tasks_state"),
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["transcodes.asset_id"], name=op.f("fk_transcode_tasks_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcode_tasks")),
        sa.UniqueConstraint("asset_id", "name", name=op.f("uq_transcode_tasks_asset_id_name")),
    )
    op.create_index(
        "ix_transcode_tasks_running",
        "transcode_tasks",
        ["started_at"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.add_column("assets", sa.Column("seconds_left", sa.Integer(), nullable=True))
    op.add_column("assets", sa.Column("priority", sa.Double(), server_default="1", nullable=False))
    op.add_column(
        "jobs", sa.Column("due_by", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.create_index(
        "ix_jobs_due", "jobs", ["queue", "due_by"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_jobs_due", table_name="jobs", postgresql_where=sa.text("state = 'queued'"))
    op.drop_column("jobs", "due_by")
    op.drop_column("assets", "priority")
    op.drop_column("assets", "seconds_left")
    op.drop_index(
        "ix_transcode_tasks_running", table_name="transcode_tasks", postgresql_where=sa.text("state = 'running'")
    )
    op.drop_table("transcode_tasks")
    op.drop_index("ix_transcodes_state", table_name="transcodes")
    op.drop_table("transcodes")
