"""What the tables of accounts keep of people. A new table gets its line here."""

from socialflow.kernel import personal
from socialflow.kernel.personal import Erasure, Level

ACCOUNT_TEXT = (
    *("email", "pending_email", "email_restored", "handle", "display_name"),
    *("password_hash", "suspended_reason", "language"),
)

personal.holds(
    "accounts",
    by="id",
    level=Level.PERSONAL,
    # The last step of an erasure empties them: they have rules of their own.
    text=ACCOUNT_TEXT,
    kept="until it is erased; a row without a name stays",
    erasure=Erasure.KEEP,
    why="ids in the audit log and in what others keep go on meaning something: nobody",
    export="account",
    hidden=("password_hash",),
    prefix="acc",
)
personal.holds(
    "blocks",
    by="account_id = CAST(:account AS uuid) OR blocked_id = CAST(:account AS uuid)",
    level=Level.PERSONAL,
    kept="until it is taken back",
    export="blocks",
    # Who has blocked them is the others' own business.
    shows="account_id",
    hidden=("id",),
)
personal.holds(
    "sessions",
    by="account_id",
    level=Level.PERSONAL,
    text=("address", "user_agent", "methods", "scopes", "revoked_reason"),
    kept="90 days after they end",
    erasure=Erasure.CLEAR,
    why="access tokens of an ended session are refused by its row as long as they could be shown",
    export="sessions",
    prefix="ses",
)
personal.holds(
    "exports",
    by="account_id",
    level=Level.PERSONAL,
    text=("folder",),
    kept="until the account is erased; the archive itself for a week",
    hidden=("folder",),
    export="exports",
    prefix="exp",
)
personal.holds(
    "erasures",
    by="account_id",
    level=Level.SECRET,
    text=("mail_to",),
    kept="for ever; the address until its owner was told",
    erasure=Erasure.KEEP,
    why="shows that it was done, and is done again after a restore",
)
personal.holds(
    "totp_factors",
    by="account_id",
    level=Level.SECRET,
    kept="until it is removed; the seed sealed",
    export="totp",
    hidden=("last_step",),
)
personal.holds(
    "recovery_codes",
    by="account_id",
    level=Level.SECRET,
    text=("code_hash",),
    kept="until they are renewed, or the last factor is removed",
    export="recovery_codes",
    hidden=("code_hash",),
)
personal.holds(
    "passkeys",
    by="account_id",
    level=Level.PERSONAL,
    text=("name", "transports"),
    kept="until it is removed",
    export="passkeys",
    prefix="psk",
)
personal.holds("spent_challenges", level=Level.INTERNAL, kept="for minutes: numbers of nobody")
personal.holds(
    "connections",
    by="account_id",
    level=Level.PERSONAL,
    text=("issuer", "subject", "provider", "email", "name"),
    kept="until it is taken away",
    export="connections",
    prefix="con",
)
personal.holds("spent_proofs", level=Level.INTERNAL, kept="until they could not be shown again; digests of nobody")
personal.holds(
    "client_apps",
    by="owner_id",
    level=Level.PERSONAL,
    text=("name", "website", "redirect_uris", "scopes"),
    kept="until its owner deletes it; one that registered itself and was let in by nobody, 30 days",
    export="apps",
    prefix="app",
)
personal.holds(
    "app_grants",
    by="account_id",
    level=Level.PERSONAL,
    text=("scopes",),
    kept="until it is taken back",
    export="app_grants",
)
# Gone within a day or so, and of no words of their own: they are in nobody's export.
personal.holds(
    "app_codes",
    by="account_id",
    level=Level.SECRET,
    text=("redirect_uri", "challenge", "scopes"),
    kept="a day after it runs out; digests of the code",
)
personal.holds(
    "device_codes",
    by="account_id",
    level=Level.SECRET,
    text=("scopes", "address"),
    kept="a day after it runs out; digests of the codes",
)
personal.holds(
    "personal_tokens",
    by="account_id",
    level=Level.PERSONAL,
    text=("name", "scopes", "networks", "revoked_reason"),
    kept="90 days after they end; digests of the secrets",
    export="personal_tokens",
    prefix="pat",
)
personal.holds(
    "invites",
    by="created_by",
    level=Level.PERSONAL,
    text=("note", "send_to"),
    kept="until the account is erased; whom it is mailed to until the mail is sent",
    export="invites",
    # Somebody else's address.
    hidden=("send_to",),
    prefix="inv",
)
personal.holds(
    "sign_ups",
    by="account_id",
    level=Level.PERSONAL,
    text=("reason", "address", "answer"),
    kept="until the account is erased",
    export="sign_up",
    # Who of the staff it was.
    hidden=("decided_by",),
)
personal.holds(
    "consents",
    by="account_id",
    level=Level.PERSONAL,
    text=("version", "address"),
    kept="until the account is erased",
    export="consents",
    hidden=("id",),
)
personal.holds("roles", level=Level.INTERNAL, kept="until it is deleted: what staff may do, of nobody")
