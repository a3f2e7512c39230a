"""Roles in a table

Revision: 0014
Before: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


GIB = 1024**3
MODERATOR = ["videos:see_any", "comments:remove_any", "accounts:view", "accounts:suspend"]
# What administrators may do is not read from the table; it is written down for those who look.
ADMIN = [
    "accounts:manage",
    "accounts:suspend",
    "accounts:view",
    "accounts:view_private",
    "apps:manage",
    "audit:view",
    "comments:remove_any",
    "jobs:manage",
    "roles:manage",
    "videos:remove_any",
    "videos:see_any",
]
# Name, title, permissions, quota, rate, whether they may invite.
BUILT_IN = [
    ("user", "User", [], None, 1.0, False),
    ("creator", "Creator", [], 200 * GIB, 2.0, True),
    ("moderator", "Moderator", MODERATOR, None, 2.0, False),
    ("admin", "Administrator", ADMIN, None, 5.0, True),
]


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "roles",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("built_in", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=True),
        sa.Column("rate", sa.Double(), server_default="1", nullable=False),
        sa.Column("may_upload", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("may_go_live", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("may_invite", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9_]{1,29}$'", name=op.f("ck_roles_name")),
        sa.CheckConstraint("quota_bytes >= 0", name=op.f("ck_roles_quota_bytes")),
        sa.CheckConstraint("rate BETWEEN 0.1 AND 100", name=op.f("ck_roles_rate")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roles")),
    )
    make = sa.text("""
        INSERT INTO roles (name, title, built_in, permissions, quota_bytes, rate, may_invite, created_at, updated_at)
        VALUES (:name, :title, true, :permissions, :quota, :rate, :invite, now(), now())
    """).bindparams(sa.bindparam("permissions", type_=postgresql.ARRAY(sa.String())))
    for name, title, permissions, quota, rate, invite in BUILT_IN:
        values = {"name": name, "title": title, "permissions": permissions, "quota": quota, "rate": rate}
        op.execute(make.bindparams(**values, invite=invite))
    op.drop_constraint(op.f("ck_accounts_role"), "accounts")
    op.create_index(
        "ix_accounts_email_prefix", "accounts", ["email"], unique=False, postgresql_ops={"email": "text_pattern_ops"}
    )
    op.create_index(
        "ix_accounts_handle_prefix", "accounts", ["handle"], unique=False, postgresql_ops={"handle": "text_pattern_ops"}
    )
    op.create_index("ix_accounts_role", "accounts", ["role", "id"], unique=False)
    op.create_index("ix_accounts_state", "accounts", ["state", "id"], unique=False)
    op.create_index(
        "ix_accounts_suspended_until",
        "accounts",
        ["suspended_until"],
        unique=False,
        postgresql_where=sa.text("suspended_until IS NOT NULL"),
    )
    op.create_foreign_key("fk_accounts_role", "accounts", "roles", ["role"], ["name"])
    op.create_index("ix_audit_events_at", "audit_events", ["at"], unique=False)
    # Whoever is no owner of the log adds to it and reads it; see docs/how-to/restrict-the-database-role.md.
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER ON audit_events FROM PUBLIC")


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_audit_events_at", table_name="audit_events")
    op.drop_constraint("fk_accounts_role", "accounts", type_="foreignkey")
    # What there was no role for is an ordinary account again.
    op.execute("UPDATE accounts SET role = 'user' WHERE role NOT IN ('user', 'moderator', 'admin')")
    roles = sa.column("role").in_(["user", "moderator", "admin"])
    op.create_check_constraint(op.f("ck_accounts_role"), "accounts", roles)
    op.drop_index(
        "ix_accounts_suspended_until", table_name="accounts", postgresql_where=sa.text("suspended_until IS NOT NULL")
    )
    op.drop_index("ix_accounts_state", table_name="accounts")
    op.drop_index("ix_accounts_role", table_name="accounts")
    op.drop_index("ix_accounts_handle_prefix", table_name="accounts")
    op.drop_index("ix_accounts_email_prefix", table_name="accounts")
    op.drop_table("roles")
