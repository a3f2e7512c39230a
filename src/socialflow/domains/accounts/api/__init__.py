"""Routes of accounts, one file a subject."""

from socialflow.domains.accounts.api.activity import own_activity
from socialflow.domains.accounts.api.addresses import addresses, own_address
from socialflow.domains.accounts.api.admin import admin
from socialflow.domains.accounts.api.apps import apps, apps_admin
from socialflow.domains.accounts.api.connections import connections
from socialflow.domains.accounts.api.consent import consent
from socialflow.domains.accounts.api.credentials import own_password, passwords
from socialflow.domains.accounts.api.entry import auth
from socialflow.domains.accounts.api.factors import factors
from socialflow.domains.accounts.api.federation import federation
from socialflow.domains.accounts.api.identity import authenticate
from socialflow.domains.accounts.api.keys import well_known
from socialflow.domains.accounts.api.oauth import protocol
from socialflow.domains.accounts.api.people import people
from socialflow.domains.accounts.api.privacy import privacy, returning
from socialflow.domains.accounts.api.sessions import sessions
from socialflow.domains.accounts.api.sign_ups import own_sign_up, sign_up_admin
from socialflow.domains.accounts.api.stepping import steps
from socialflow.domains.accounts.api.tokens import lost, tokens

__all__ = [
    "addresses",
    "admin",
    "apps",
    "apps_admin",
    "auth",
    "authenticate",
    "connections",
    "consent",
    "factors",
    "federation",
    "lost",
    "own_activity",
    "own_address",
    "own_password",
    "own_sign_up",
    "passwords",
    "people",
    "privacy",
    "protocol",
    "returning",
    "sessions",
    "sign_up_admin",
    "steps",
    "tokens",
    "well_known",
]
