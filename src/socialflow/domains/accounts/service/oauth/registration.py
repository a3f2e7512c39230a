"""Apps that register themselves (RFC 7591): never verified, and each person is warned of that."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from socialflow.domains.accounts.errors import GrantRefused
from socialflow.domains.accounts.schemas.apps import MOST_REDIRECTS, AppName, Website
from socialflow.domains.accounts.service.oauth import access, apps, redirects
from socialflow.kernel import ids
from socialflow.kernel.work import Work

CODE, REFRESH = "authorization_code", "refresh_token"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = frozenset({CODE, REFRESH, DEVICE})
METHODS = frozenset({"none", "client_secret_basic", "client_secret_post"})
DEFAULT_SCOPE = "read"
_NAME, _WEBSITE = TypeAdapter(AppName), TypeAdapter(Website)
_TEXTS: TypeAdapter[list[str]] = TypeAdapter(list[str])


async def register_itself(work: Work, said: Any) -> dict[str, Any]:
    """Keep what an app says of itself; what we do not know of it is not looked at (RFC 7591, 2)."""
    if not isinstance(said, dict):
        raise GrantRefused("invalid_client_metadata", "A JSON object is needed.")
    draft = _draft(said)
    app, secret = await apps.add(work, draft, owner_id=None)
    answer: dict[str, Any] = {
        "client_id": ids.show("app", app.id),
        "client_id_issued_at": int(work.now.timestamp()),
        "client_name": app.name,
        "client_uri": app.website,
        "redirect_uris": app.redirect_uris,
        "scope": app.scopes,
        "grant_types": sorted(_grants(draft)),
        "response_types": ["code"] if draft.redirect_uris else [],
        "token_endpoint_auth_method": said.get("token_endpoint_auth_method", "client_secret_basic"),
    }
    if secret is not None:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    return answer


def _draft(said: dict[str, Any]) -> apps.Draft:
    asked = frozenset(_texts(said, "grant_types", [CODE]))
    if not asked <= GRANTS or not asked - {REFRESH}:
        raise GrantRefused("invalid_client_metadata", f"grant_types are of {', '.join(sorted(GRANTS))}.")
    method = said.get("token_endpoint_auth_method", "client_secret_basic")
    if not isinstance(method, str) or method not in METHODS:
        raise GrantRefused("invalid_client_metadata", f"token_endpoint_auth_method is of {', '.join(sorted(METHODS))}.")
    uris = _texts(said, "redirect_uris", [])
    if not all(redirects.is_usable(uri) for uri in uris) or len(uris) > MOST_REDIRECTS:
        raise GrantRefused(
            "invalid_redirect_uri",
            "They are https://..., http://127.0.0.1/..., http://[::1]/... or your.own.scheme:/...",
        )
    if (CODE in asked) != bool(uris):
        raise GrantRefused("invalid_redirect_uri", "Those, and only those, who use authorization_code have some.")
    return apps.Draft(
        _checked(_NAME, said, "client_name"),
        _checked(_WEBSITE, said, "client_uri"),
        uris,
        _scopes(said.get("scope", DEFAULT_SCOPE)),
        method != "none",
        DEVICE in asked,
    )


def _checked(adapter: TypeAdapter[str], said: dict[str, Any], name: str) -> str:
    try:
        return adapter.validate_python(said.get(name), strict=True)
    except ValidationError as error:
        raise GrantRefused("invalid_client_metadata", f"{name}: {error.errors()[0]['msg']}") from None


def _texts(said: dict[str, Any], name: str, default: list[str]) -> list[str]:
    try:
        return _TEXTS.validate_python(said.get(name, default), strict=True)
    except ValidationError:
        raise GrantRefused("invalid_client_metadata", f"{name} is a list of strings.") from None


def _scopes(text: Any) -> frozenset[str]:
    if not isinstance(text, str) or not text.split() or len(text) > access.LONGEST_SCOPE:
        raise GrantRefused("invalid_client_metadata", "scope is a string of scopes, by space.")
    try:
        return access.known(access.split(text))
    except access.ScopeRefused as refused:
        raise GrantRefused("invalid_client_metadata", str(refused)) from None


def _grants(draft: apps.Draft) -> set[str]:
    return {REFRESH} | ({CODE} if draft.redirect_uris else set()) | ({DEVICE} if draft.device_flow else set())
