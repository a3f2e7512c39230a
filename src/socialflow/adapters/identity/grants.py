"""The authorization code grant, as it is the same for everybody (RFC 6749, 4.1; RFC 7636; RFC 9207)."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote_plus, urlencode

from socialflow.adapters.identity.http import Http, Json
from socialflow.kernel import crypto
from socialflow.ports.identity import Answer, Challenge, IdentityDenied, IdentityRefused, ProviderTrouble

# By which the person, or a rule of the provider's, says no.
DENIALS = {"access_denied", "user_cancelled_authorize", "user_cancelled_login", "consent_required", "login_required"}
# By which the provider says that the code is none: the standard's word, X's, and Facebook's number for a wrong value.
REFUSALS = {"invalid_grant", "invalid_request", 100}
LONGEST_CODE = 4_096


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to the provider."""

    id: str
    secret: str | None = None
    method: Literal["basic", "post"] = "basic"


def address(endpoint: str, client: Client, challenge: Challenge, scopes: str, **more: str) -> str:
    """Where the browser goes for a code."""
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": challenge.redirect_uri,
        "scope": scopes,
        "state": challenge.state,
        "code_challenge": s256(challenge.verifier),
        "code_challenge_method": "S256",
        **more,
    }
    return endpoint + ("&" if "?" in endpoint else "?") + urlencode(asked)


def s256(verifier: str) -> str:
    """What is shown of a PKCE verifier at first."""
    return crypto.to_text(hashlib.sha256(verifier.encode()).digest())


def check(answer: Answer, issuer: str, *, says_issuer: bool) -> str:
    """The code that an answer holds, if it comes from this issuer (RFC 9207, 2.4)."""
    if answer.issuer is not None and answer.issuer != issuer:
        raise IdentityRefused("the answer names another issuer")
    if answer.issuer is None and says_issuer:
        raise IdentityRefused("the answer names no issuer, and this provider always does")
    if answer.error:
        if answer.error in DENIALS:
            raise IdentityDenied
        raise ProviderTrouble(f"{issuer} answered {answer.error[:60]}")
    if not answer.code or len(answer.code) > LONGEST_CODE:
        raise IdentityRefused("the answer holds no code")
    return answer.code


async def redeem(http: Http, endpoint: str, client: Client, code: str, challenge: Challenge) -> Json:
    """What the provider gives for a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": challenge.redirect_uri,
        "code_verifier": challenge.verifier,
    }
    headers: Mapping[str, str] = {}
    if client.secret is not None and client.method == "basic":
        # Each half is form-encoded before they are joined (RFC 6749, 2.3.1).
        pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    else:
        form["client_id"] = client.id
        if client.secret is not None:
            form["client_secret"] = client.secret
    status, said = await http.post(endpoint, form, headers=headers)
    if status >= 400 or "error" in said:
        error = said.get("error")
        if (error.get("code") if isinstance(error, dict) else error) in REFUSALS:
            raise IdentityRefused(f"the provider does not take the code: {str(error)[:200]}")
        raise ProviderTrouble(f"the provider gave no token: {str(error)[:200]}")
    return said


def token_of(said: Json) -> str:
    """The access token of what was given."""
    token = said.get("access_token")
    if not isinstance(token, str) or not token:
        raise ProviderTrouble("the provider gave no access token")
    return token


def text_of(value: object, longest: int = 320) -> str | None:
    """A claim that should be text, if it is; what is not cannot be told from what is missing."""
    return value.strip() or None if isinstance(value, str) and len(value) <= longest and "\0" not in value else None


def subject_of(value: object) -> str:
    """The subject, which must be there (OpenID Connect Core, 2: 255 ASCII characters at most)."""
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isascii() or not value.isprintable():
        raise IdentityRefused("there is no subject")
    return value
