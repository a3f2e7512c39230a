"""Where people stop in videos, how their player begins, and how well videos play

Revision: 0022
Before: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "watch_positions",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("position_ms", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position_ms > 0 AND position_ms < duration_ms", name=op.f("ck_watch_positions_position")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_watch_positions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "video_id", name=op.f("pk_watch_positions")),
    )
    op.create_index(
        "ix_watch_positions_latest",
        "watch_positions",
        ["account_id", sa.text("updated_at DESC"), sa.text("video_id DESC")],
    )
    op.create_index("ix_watch_positions_video_id", "watch_positions", ["video_id"])
    op.create_index("ix_watch_positions_updated_at", "watch_positions", ["updated_at"])
    op.create_table(
        "player_settings",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=True),
        sa.Column("speed_percent", sa.Integer(), server_default="100", nullable=False),
        sa.Column("captions", sa.String(), server_default="default", nullable=False),
        sa.Column("autoplay", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("autoplay_next", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("keep_positions", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("speed_percent BETWEEN 25 AND 200", name=op.f("ck_player_settings_speed_percent")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_player_settings_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_player_settings")),
    )
    op.create_table(
        "playback_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("startup_ms", sa.Integer(), nullable=True),
        sa.Column("played_ms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stalls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stall_ms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bitrate_kbps", sa.Integer(), nullable=True),
        sa.Column("switches", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dropped_frames", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errors", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "played_ms >= 0 AND stalls >= 0 AND stall_ms >= 0 AND switches >= 0",
            name=op.f("ck_playback_sessions_numbers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playback_sessions")),
    )
    op.create_index("ix_playback_sessions_video_id", "playback_sessions", ["video_id", sa.text("started_at DESC")])
    op.create_index("ix_playback_sessions_started_at", "playback_sessions", ["started_at"])


def downgrade() -> None:
    """Back."""
    op.drop_table("playback_sessions")
    op.drop_table("player_settings")
    op.drop_table("watch_positions")
