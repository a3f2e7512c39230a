"""From the settings to providers."""

from dataclasses import dataclass

from socialflow.adapters.identity.apple import AppleProvider
from socialflow.adapters.identity.facebook import FacebookProvider
from socialflow.adapters.identity.http import Http
from socialflow.adapters.identity.oidc import GoogleProvider, OidcProvider, Terms
from socialflow.adapters.identity.x import XProvider
from socialflow.kernel.config import IdentitySettings, ProviderSettings
from socialflow.ports.identity import IdentityProvider, IdentityProviders


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a provider."""

    issuer: str
    scopes: tuple[str, ...]
    api_url: str = ""


PRESETS = {
    "oidc": Preset("", ("openid", "profile", "email")),
    "google": Preset("https://accounts.google.com", ("openid", "profile", "email")),
    "apple": Preset("https://appleid.apple.com", ("openid", "name", "email")),
    "facebook": Preset("https://www.facebook.com", ("public_profile", "email"), "https://graph.facebook.com"),
    "x": Preset("https://x.com", ("users.read", "tweet.read"), "https://api.x.com"),
}


def providers(settings: IdentitySettings) -> IdentityProviders:
    """All that are configured; raises ValueError for a key that cannot be used."""
    return IdentityProviders({key: provider(key, chosen) for key, chosen in settings.providers.items()})


def provider(key: str, chosen: ProviderSettings) -> IdentityProvider:
    """One of them."""
    preset = PRESETS[chosen.kind]
    secret = chosen.client_secret
    terms = Terms(
        name=chosen.shown_as(key),
        issuer=chosen.issuer or preset.issuer,
        client_id=chosen.client_id,
        client_secret=secret.get_secret_value() if secret else None,
        audiences=chosen.audiences,
        scopes=chosen.scopes or preset.scopes,
    )
    http, api_url = Http(), chosen.api_url or preset.api_url
    if chosen.kind == "facebook":
        return FacebookProvider(terms, http, api_url=api_url)
    if chosen.kind == "x":
        return XProvider(terms, http, api_url=api_url)
    if chosen.kind == "apple":
        # The settings see to it that these are there.
        key_pem = chosen.private_key.get_secret_value() if chosen.private_key else ""
        return AppleProvider(terms, http, team_id=chosen.team_id or "", key_id=chosen.key_id or "", private_key=key_pem)
    return (GoogleProvider if chosen.kind == "google" else OidcProvider)(terms, http)
