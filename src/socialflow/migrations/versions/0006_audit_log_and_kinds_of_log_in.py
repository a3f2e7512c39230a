"""Audit log and kinds of log-in

Revision: 0006
Before: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "audit_details",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_details")),
    )
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_role", sa.String(), nullable=False),
        sa.Column("details_digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_events_id")),
    )
    op.create_index("ix_audit_events_account_id", "audit_events", ["account_id", "seq"], unique=False)
    op.create_index("ix_audit_events_actor_id", "audit_events", ["actor_id", "seq"], unique=False)
    op.create_index("ix_audit_events_tag", "audit_events", ["tag", "seq"], unique=False)
    op.create_table(
        "audit_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
    )
    op.add_column("accounts", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("language", sa.String(), server_default="en", nullable=False))
    op.add_column("accounts", sa.Column("suspended_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("suspended_reason", sa.String(), nullable=True))
    op.add_column("accounts", sa.Column("erase_after", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("accounts", "password_hash", existing_type=sa.VARCHAR(), nullable=True)
    op.add_column("sessions", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sessions SET ends_at = created_at + interval '365 days', authenticated_at = created_at")
    op.alter_column("sessions", "ends_at", nullable=False)
    op.alter_column("sessions", "authenticated_at", nullable=False)
    op.add_column("sessions", sa.Column("methods", sa.String(), server_default="pwd", nullable=False))
    _allow("accounts", "state", "active", "pending", "suspended", "leaving", "erased")
    _allow("sessions", "kind", "token", "cookie", "app")
    op.execute("""
        CREATE FUNCTION refuse_to_change_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_events
        FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_log()
    """)
    op.execute("""
        CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_log()
    """)


def downgrade() -> None:
    """Back."""
    op.execute("DROP TABLE audit_events")
    op.execute("DROP FUNCTION refuse_to_change_the_log")
    op.execute("DELETE FROM sessions WHERE kind NOT IN ('token', 'cookie')")
    _allow("sessions", "kind", "token", "cookie")
    op.execute("UPDATE accounts SET state = 'suspended' WHERE state <> 'active'")
    _allow("accounts", "state", "active", "suspended")
    op.drop_column("sessions", "methods")
    op.drop_column("sessions", "authenticated_at")
    op.drop_column("sessions", "ends_at")
    op.alter_column("accounts", "password_hash", existing_type=sa.VARCHAR(), nullable=False)
    op.drop_column("accounts", "erase_after")
    op.drop_column("accounts", "suspended_reason")
    op.drop_column("accounts", "suspended_until")
    op.drop_column("accounts", "language")
    op.drop_column("accounts", "password_changed_at")
    op.drop_column("accounts", "email_verified_at")
    op.drop_table("audit_heads")
    op.drop_table("audit_details")


def _allow(table: str, column: str, *values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, sa.column(column).in_(values))
