"""Playlists, saved things and the history, of which where people stopped is a part

Revision: 0031
Before: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Where somebody stopped in a video, they have watched it.
_POSITIONS_ARE_WATCHES = """
    INSERT INTO watches (id, account_id, video_id, position_ms, duration_ms, began_at, watched_at)
    SELECT gen_random_uuid(), account_id, video_id, position_ms, duration_ms, updated_at, updated_at
    FROM watch_positions
"""
_PLACES_ARE_POSITIONS = """
    INSERT INTO watch_positions (account_id, video_id, position_ms, duration_ms, updated_at)
    SELECT account_id, video_id, position_ms, duration_ms, watched_at FROM watches
    WHERE latest AND position_ms IS NOT NULL
"""


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "saves",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('video', 'post')", name=op.f("ck_saves_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_saves_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "subject_id", name=op.f("pk_saves")),
    )
    op.create_index("ix_saves_account_id", "saves", ["account_id", sa.text("id DESC")])
    op.create_index("ix_saves_account_id_kind", "saves", ["account_id", "kind", sa.text("id DESC")], unique=False)
    op.create_index("ix_saves_subject_id", "saves", ["subject_id"])
    op.create_table(
        "watches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("position_ms", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("finished", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("latest", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("in_history", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("in_history OR position_ms IS NOT NULL", name=op.f("ck_watches_in_history")),
        sa.CheckConstraint("position_ms > 0 AND position_ms < duration_ms", name=op.f("ck_watches_position")),
        sa.CheckConstraint("position_ms IS NULL OR latest", name=op.f("ck_watches_latest")),
        sa.CheckConstraint("watched_at >= began_at", name=op.f("ck_watches_times")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_watches_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
    )
    op.create_index(
        "ix_watches_history",
        "watches",
        ["account_id", sa.text("watched_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("in_history"),
    )
    op.create_index(
        "ix_watches_unfinished",
        "watches",
        ["account_id", sa.text("watched_at DESC"), sa.text("video_id DESC")],
        postgresql_where=sa.text("position_ms IS NOT NULL"),
    )
    op.create_index("ix_watches_video_id", "watches", ["video_id"])
    op.create_index("ix_watches_watched_at", "watches", ["watched_at"])
    op.create_index(
        "ux_watches_latest", "watches", ["account_id", "video_id"], unique=True, postgresql_where=sa.text("latest")
    )
    op.create_table(
        "playlists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), server_default="playlist", nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("restriction", sa.String(), nullable=True),
        sa.Column(
            "reach",
            sa.String(),
            sa.Computed(
                """CASE WHEN restriction IS NOT NULL THEN 'owner' WHEN visibility = 'public' THEN 'everyone'
WHEN visibility = 'unlisted' THEN 'link' WHEN visibility = 'followers' THEN 'followers'
WHEN visibility = 'members' THEN 'members' ELSE 'named' END""",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("allow_duplicates", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("item_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("order_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind = 'playlist' OR visibility = 'private'", name=op.f("ck_playlists_watch_later")),
        sa.CheckConstraint("kind IN ('playlist', 'watch_later')", name=op.f("ck_playlists_kind")),
        sa.CheckConstraint("restriction IN ('under_review', 'blocked')", name=op.f("ck_playlists_restriction")),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'followers', 'members', 'private')",
            name=op.f("ck_playlists_visibility"),
        ),
        sa.CheckConstraint("item_count >= 0", name=op.f("ck_playlists_counts")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_playlists_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_playlists_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlists")),
    )
    op.create_index("ix_playlists_account_id", "playlists", ["account_id", "id"])
    op.create_index(
        "ix_playlists_channel_id",
        "playlists",
        ["channel_id", sa.text("id DESC")],
        postgresql_where=sa.text("reach IN ('everyone', 'known', 'followers', 'members')"),
    )
    op.create_index(
        "ux_playlists_watch_later",
        "playlists",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'watch_later'"),
    )
    op.create_table(
        "playlist_collaborators",
        sa.Column("playlist_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), server_default="invited", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('invited', 'collaborator')", name=op.f("ck_playlist_collaborators_role")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_playlist_collaborators_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlists.id"], name=op.f("fk_playlist_collaborators_playlist_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("playlist_id", "account_id", name=op.f("pk_playlist_collaborators")),
    )
    op.create_index(
        "ix_playlist_collaborators_account_id",
        "playlist_collaborators",
        ["account_id", sa.text("id DESC")],
    )
    op.create_index(
        "ix_playlist_collaborators_playlist_id", "playlist_collaborators", ["playlist_id", "id"], unique=False
    )
    op.create_table(
        "playlist_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("playlist_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.String(collation="C"), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"], ["accounts.id"], name=op.f("fk_playlist_items_added_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlists.id"], name=op.f("fk_playlist_items_playlist_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlist_items")),
    )
    op.create_index(
        "ix_playlist_items_added_by",
        "playlist_items",
        ["added_by"],
        postgresql_where=sa.text("added_by IS NOT NULL"),
    )
    op.create_index("ix_playlist_items_rank", "playlist_items", ["playlist_id", "rank", "id"])
    op.create_index("ix_playlist_items_video_id", "playlist_items", ["playlist_id", "video_id"])
    op.create_index(
        "ux_playlist_items_once",
        "playlist_items",
        ["playlist_id", "video_id"],
        unique=True,
        postgresql_where=sa.text("once"),
    )
    op.execute(_POSITIONS_ARE_WATCHES)
    op.drop_table("watch_positions")
    op.add_column("player_settings", sa.Column("keep_history", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("player_settings", sa.Column("history_days", sa.Integer(), nullable=True))
    op.create_index(
        "ix_player_settings_history_days",
        "player_settings",
        ["account_id"],
        postgresql_where=sa.text("history_days IS NOT NULL"),
    )
    op.create_check_constraint(
        op.f("ck_player_settings_history_days"), "player_settings", "history_days BETWEEN 1 AND 3650"
    )


def downgrade() -> None:
    """Back."""
    op.drop_constraint(op.f("ck_player_settings_history_days"), "player_settings")
    op.drop_index("ix_player_settings_history_days", table_name="player_settings")
    op.drop_column("player_settings", "history_days")
    op.drop_column("player_settings", "keep_history")
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
    op.create_index("ix_watch_positions_video_id", "watch_positions", ["video_id"])
    op.create_index("ix_watch_positions_updated_at", "watch_positions", ["updated_at"])
    op.create_index(
        "ix_watch_positions_latest",
        "watch_positions",
        ["account_id", sa.text("updated_at DESC"), sa.text("video_id DESC")],
    )
    op.execute(_PLACES_ARE_POSITIONS)
    for table in ("playlist_items", "playlist_collaborators", "playlists", "watches", "saves"):
        op.drop_table(table)
