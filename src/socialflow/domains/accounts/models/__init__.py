"""Tables of accounts, one file a subject."""

from socialflow.domains.accounts.models import holdings as holdings
from socialflow.domains.accounts.models.apps import AppCode, AppGrant, ClientApp, DeviceCode, DeviceState
from socialflow.domains.accounts.models.blocks import Block, apart
from socialflow.domains.accounts.models.connections import Connection, SpentProof
from socialflow.domains.accounts.models.factors import Passkey, RecoveryCode, SpentChallenge, TotpFactor
from socialflow.domains.accounts.models.people import Account, AccountState, hidden, private
from socialflow.domains.accounts.models.privacy import ErasureRequest, Export, ExportState
from socialflow.domains.accounts.models.roles import ALLOWANCES, BUILT_IN, PERMISSIONS, Role, RoleRow
from socialflow.domains.accounts.models.sessions import Session, SessionKind
from socialflow.domains.accounts.models.sign_ups import Consent, Decision, Document, Invite, SignUp
from socialflow.domains.accounts.models.tokens import PersonalToken

__all__ = [
    "ALLOWANCES",
    "BUILT_IN",
    "PERMISSIONS",
    "Account",
    "AccountState",
    "AppCode",
    "AppGrant",
    "Block",
    "ClientApp",
    "Connection",
    "Consent",
    "Decision",
    "DeviceCode",
    "DeviceState",
    "Document",
    "ErasureRequest",
    "Export",
    "ExportState",
    "Invite",
    "Passkey",
    "PersonalToken",
    "RecoveryCode",
    "Role",
    "RoleRow",
    "Session",
    "SessionKind",
    "SignUp",
    "SpentChallenge",
    "SpentProof",
    "TotpFactor",
    "apart",
    "hidden",
    "holdings",
    "private",
]
