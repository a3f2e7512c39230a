"""Settings of log-ins by other providers: one section for each, under a name of the operator's choice."""

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from socialflow.kernel.config.sections import Section, Texts

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
NAMES = {"google": "Google", "apple": "Apple", "facebook": "Facebook", "x": "X"}
APPLE_NEEDS = ("team_id", "key_id", "private_key")


class ProviderSettings(Section):
    """One provider; `kind` decides what else is needed."""

    kind: Literal["oidc", "google", "apple", "facebook", "x"] = Field(
        "oidc", description="What the provider speaks: OpenID Connect found by discovery, or one of four presets."
    )
    name: str | None = Field(None, max_length=40, description="Name on the button; the presets know theirs.")
    client_id: str = Field(min_length=1, description="What the provider calls this installation.")
    client_secret: SecretStr | None = Field(None, description="Secret of the client; Apple's is made from its key.")
    issuer: str | None = Field(None, description="Issuer, to the letter; needed with kind oidc.")
    api_url: str | None = Field(None, description="Where Facebook's or X's API is, if not at its usual place.")
    audiences: Texts = Field((), description="Client ids of native apps, whose tokens are taken as well, by comma.")
    scopes: Texts = Field((), description="What is asked for instead of the usual scopes, by comma.")
    team_id: str | None = Field(None, description="Apple: the team's id.")
    key_id: str | None = Field(None, description="Apple: the key's id.")
    private_key: SecretStr | None = Field(None, description="Apple: the key, PEM.")

    def shown_as(self, key: str) -> str:
        """What people know the provider by."""
        return self.name or NAMES.get(self.kind) or key.capitalize()

    @field_validator("issuer", "api_url")
    @classmethod
    def _is_safe(cls, text: str | None) -> str | None:
        if text is not None and not is_safe_url(text):
            raise ValueError(f"{text} is not an https address")
        return text

    @model_validator(mode="after")
    def _is_whole(self) -> "ProviderSettings":
        if self.kind == "oidc" and self.issuer is None:
            raise ValueError("issuer is needed with kind oidc")
        if self.kind == "apple" and (missing := [name for name in APPLE_NEEDS if getattr(self, name) is None]):
            raise ValueError(f"{', '.join(missing)} needed with kind apple")
        if self.kind == "facebook" and self.client_secret is None:
            raise ValueError("client_secret is needed with kind facebook")
        return self


class IdentitySettings(Section):
    """Log-ins by other providers."""

    providers: dict[str, ProviderSettings] = Field(
        default_factory=dict, description="Who may vouch for people, by a short name that stands in addresses; JSON."
    )

    @field_validator("providers")
    @classmethod
    def _have_short_names(cls, providers: dict[str, ProviderSettings]) -> dict[str, ProviderSettings]:
        for key in providers:
            if not KEY.fullmatch(key):
                raise ValueError(f"{key} cannot stand in an address: small letters, digits, - and _, 30 at most")
        return providers


def is_safe_url(text: str) -> bool:
    """Whether an address is https without anything odd in it; on this machine itself http will do."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.query or parts.fragment or "\\" in text or not text.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
