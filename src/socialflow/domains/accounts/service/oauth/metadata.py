"""What this server speaks and where (RFC 8414, RFC 9728); its issuer is the address that people type."""

from typing import Any

from socialflow.domains.accounts.service.oauth.registration import GRANTS, METHODS
from socialflow.domains.accounts.service.scopes import SCOPES, SECURITY
from socialflow.kernel.config import Settings


def of_server(settings: Settings) -> dict[str, Any]:
    """The metadata of the authorization server."""
    base = settings.public_url
    proving = sorted(METHODS - {"none"})
    said: dict[str, Any] = {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "device_authorization_endpoint": f"{base}/oauth/device",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "scopes_supported": _scopes(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": sorted(GRANTS),
        "token_endpoint_auth_methods_supported": sorted(METHODS),
        "revocation_endpoint_auth_methods_supported": sorted(METHODS),
        "introspection_endpoint_auth_methods_supported": proving,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{base}/docs",
    }
    if settings.oauth.open_registration:
        said["registration_endpoint"] = f"{base}/oauth/register"
    return said


def of_resource(settings: Settings) -> dict[str, Any]:
    """The metadata of the API as a protected resource."""
    return {
        "resource": settings.public_url,
        "authorization_servers": [settings.public_url],
        "scopes_supported": _scopes(),
        "bearer_methods_supported": ["header"],
    }


def _scopes() -> list[str]:
    return [scope for scope in SCOPES if scope != SECURITY]
