"""People: their credentials, sessions, roles and the tokens that speak for them.

Owns `accounts` and `sessions`. An address is a claim until its owner has shown that it is theirs. Promises
that a password is only ever kept as an Argon2id hash and a bearer secret only as a digest, that links in mails
are kept nowhere, and that a revoked session is refused everywhere within seconds.
Owns `accounts`, `sessions` and second factors (`totp_factors`, `recovery_codes`, `passkeys`). Promises that a
password is only ever kept as an Argon2id hash and a bearer secret only as a digest, and that a revoked session
is refused everywhere within seconds.
"""
