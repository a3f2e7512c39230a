"""Accounts."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.domains.accounts.models.roles import Role
from socialflow.kernel import ids
from socialflow.kernel.db import Base


class AccountState(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "active"
    # Waits for a moderator's approval.
    PENDING = "pending"
    SUSPENDED = "suspended"
    # Its owner asked for the end; logging in within the grace period takes that back.
    LEAVING = "leaving"
    # Only the row is left, so that ids and the ledger keep their meaning.
    ERASED = "erased"


# States in which nobody else sees what an account has made.
_HIDDEN = "('pending', 'suspended', 'leaving', 'erased')"


def hidden(owner: str) -> str:
    """SQL that is true where the account of this column is hidden, with all that it has made: see `_HIDDEN`."""
    return " ".join(
        ["EXISTS (SELECT FROM accounts AS hiding WHERE hiding.id =", owner, "AND hiding.state IN", f"{_HIDDEN})"]
    )


def private(owner: str) -> str:
    """SQL that is true where the account of this column shows what it has made to its followers alone.

    Its value rather than whether there is such a row: of an EXISTS the planner would make a table of everybody who is
    private, by reading all accounts, for a page of twenty.
    """
    return f"""coalesce(
        (SELECT holder.is_private FROM accounts AS holder WHERE holder.id = {owner}), FALSE
    )"""  # noqa: S608  # `owner` is a column: a constant wherever this is called


class Account(Base):
    """A person, or a team that shares a log-in."""

    __tablename__ = "accounts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    # A claim, until its owner has shown that it is theirs: several may claim one address, one may have verified it.
    email: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    # Set when the owner of the address has shown that it is theirs.
    email_verified_at: Mapped[datetime | None]
    # The address that shall replace it once it has been confirmed, and since when that is wished.
    pending_email: Mapped[str | None]
    pending_email_at: Mapped[datetime | None]
    # Changes that were taken back by an address before: `issued/used` of each link, while others of then could be used.
    email_restored: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    # None for those who come in by another provider, or by passkey, only.
    password_hash: Mapped[str | None]
    password_changed_at: Mapped[datetime | None]
    # Language of mails, BCP 47.
    language: Mapped[str] = mapped_column(default="en", server_default="en")
    role: Mapped[str] = mapped_column(
        ForeignKey("roles.name", name="fk_accounts_role"), default=Role.USER, server_default=Role.USER
    )
    state: Mapped[str] = mapped_column(default=AccountState.ACTIVE, server_default=AccountState.ACTIVE)
    # The public profile that came with the account; the channels domain owns the row.
    channel_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    # Whether it decides itself who follows it, and shows what it has made to nobody else.
    is_private: Mapped[bool] = mapped_column(default=False, server_default="false")
    suspended_until: Mapped[datetime | None]
    suspended_reason: Mapped[str | None]
    # When a leaving account is erased.
    erase_after: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def email_verified(self) -> bool:
        """Whether the address is known to be the owner's."""
        return self.email_verified_at is not None

    @property
    def has_password(self) -> bool:
        """Whether one can log in by password."""
        return self.password_hash is not None

    __table_args__ = (
        CheckConstraint("email = lower(email) AND position('@' in email) > 1", name="email"),
        CheckConstraint("pending_email = lower(pending_email)", name="pending_email"),
        Index("ix_accounts_email", "email"),
        Index(
            "uq_accounts_email_verified", "email", unique=True, postgresql_where=text("email_verified_at IS NOT NULL")
        ),
        CheckConstraint("handle ~ '^[a-z0-9_]{3,30}$'", name="handle"),
        CheckConstraint("state IN ('active', 'pending', 'suspended', 'leaving', 'erased')", name="state"),
        # Staff look for the beginning of a handle or an address, and list those of a role or in a state.
        Index("ix_accounts_handle_prefix", "handle", postgresql_ops={"handle": "text_pattern_ops"}),
        Index("ix_accounts_email_prefix", "email", postgresql_ops={"email": "text_pattern_ops"}),
        Index("ix_accounts_role", "role", "id"),
        Index("ix_accounts_state", "state", "id"),
        Index("ix_accounts_suspended_until", "suspended_until", postgresql_where=text("suspended_until IS NOT NULL")),
        Index("ix_accounts_hidden", "id", postgresql_where=text(f"state IN {_HIDDEN}")),
    )
