"""Apps of other people

Revision: 0007
Before: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "client_apps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("website", sa.String(), nullable=False),
        sa.Column("redirect_uris", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=True),
        sa.Column("device_flow", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts.id"], name=op.f("fk_client_apps_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_apps")),
    )
    op.create_index(op.f("ix_client_apps_owner_id"), "client_apps", ["owner_id"], unique=False)
    op.create_table(
        "app_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_app_codes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["app_id"], ["client_apps.id"], name=op.f("fk_app_codes_app_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_app_codes_digest")),
    )
    op.create_index(op.f("ix_app_codes_account_id"), "app_codes", ["account_id"], unique=False)
    op.create_index(op.f("ix_app_codes_app_id"), "app_codes", ["app_id"], unique=False)
    op.create_index("ix_app_codes_expires_at", "app_codes", ["expires_at"], unique=False)
    op.create_table(
        "app_grants",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_app_grants_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["app_id"], ["client_apps.id"], name=op.f("fk_app_grants_app_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "app_id", name=op.f("pk_app_grants")),
    )
    op.create_index(op.f("ix_app_grants_app_id"), "app_grants", ["app_id"], unique=False)
    op.create_table(
        "device_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_code_mac", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'allowed', 'denied', 'used')", name=op.f("ck_device_codes_state")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_device_codes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["client_apps.id"], name=op.f("fk_device_codes_app_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_codes")),
        sa.UniqueConstraint("device_digest", name=op.f("uq_device_codes_device_digest")),
        sa.UniqueConstraint("user_code_mac", name=op.f("uq_device_codes_user_code_mac")),
    )
    op.create_index(op.f("ix_device_codes_account_id"), "device_codes", ["account_id"], unique=False)
    op.create_index(op.f("ix_device_codes_app_id"), "device_codes", ["app_id"], unique=False)
    op.create_index("ix_device_codes_expires_at", "device_codes", ["expires_at"], unique=False)
    op.add_column("sessions", sa.Column("app_id", sa.Uuid(), nullable=True))
    op.add_column("sessions", sa.Column("scopes", sa.String(), nullable=True))
    op.create_index(op.f("ix_sessions_app_id"), "sessions", ["app_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_sessions_app_id"), "sessions", "client_apps", ["app_id"], ["id"], ondelete="SET NULL"
    )


def downgrade() -> None:
    """Back."""
    op.execute("DELETE FROM sessions WHERE kind = 'app'")
    op.drop_constraint(op.f("fk_sessions_app_id"), "sessions", type_="foreignkey")
    op.drop_index(op.f("ix_sessions_app_id"), table_name="sessions")
    op.drop_column("sessions", "scopes")
    op.drop_column("sessions", "app_id")
    op.drop_index("ix_device_codes_expires_at", table_name="device_codes")
    op.drop_index(op.f("ix_device_codes_app_id"), table_name="device_codes")
    op.drop_index(op.f("ix_device_codes_account_id"), table_name="device_codes")
    op.drop_table("device_codes")
    op.drop_index(op.f("ix_app_grants_app_id"), table_name="app_grants")
    op.drop_table("app_grants")
    op.drop_index("ix_app_codes_expires_at", table_name="app_codes")
    op.drop_index(op.f("ix_app_codes_app_id"), table_name="app_codes")
    op.drop_index(op.f("ix_app_codes_account_id"), table_name="app_codes")
    op.drop_table("app_codes")
    op.drop_index(op.f("ix_client_apps_owner_id"), table_name="client_apps")
    op.drop_table("client_apps")
