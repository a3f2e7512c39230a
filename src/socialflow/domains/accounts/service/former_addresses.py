"""Addresses of before, on their way to a mail: outbox and jobs keep them sealed, for a dump is read by others."""

import uuid

from socialflow.kernel import crypto
from socialflow.kernel.crypto import Keys


def seal(keys: Keys, account_id: uuid.UUID, email: str) -> str:
    """An address as an event carries it."""
    return crypto.to_text(keys.seal(_purpose(account_id), email.encode()))


def unseal(keys: Keys, account_id: uuid.UUID, sealed: str) -> str:
    """The address again."""
    return keys.unseal(_purpose(account_id), crypto.from_text(sealed)).decode()


def _purpose(account_id: uuid.UUID) -> str:
    return f"former_address:{account_id}"
