"""What is told outside

Revision: 0032
Before: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "sitemap_parts",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=False),
        sa.Column("until_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('videos', 'posts', 'channels', 'tags')", name=op.f("ck_sitemap_parts_kind")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_sitemap_parts_number")),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_sitemap_parts")),
    )
    op.create_index("ix_videos_mapped", "videos", ["id"], postgresql_where=sa.text("reach = 'everyone'"))
    op.create_index("ix_posts_mapped", "posts", ["id"], postgresql_where=sa.text("reach = 'everyone' AND depth = 0"))
    op.create_index(
        "ix_channels_name_prefix",
        "channels",
        [sa.literal_column("lower(display_name)").label("name")],
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(
        "ix_channels_name_words",
        "channels",
        [sa.text("to_tsvector('simple', display_name)")],
        postgresql_using="gin",
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_channels_name_words", table_name="channels")
    op.drop_index("ix_channels_name_prefix", table_name="channels")
    op.drop_index("ix_posts_mapped", table_name="posts")
    op.drop_index("ix_videos_mapped", table_name="videos")
    op.drop_table("sitemap_parts")
