"""Mails to people: what each says, in every language, and sending it."""

from socialflow.domains.accounts.service.mails.kinds import Mail
from socialflow.domains.accounts.service.mails.sending import send

__all__ = ["Mail", "send"]
