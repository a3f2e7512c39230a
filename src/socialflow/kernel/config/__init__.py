"""Settings: what an operator may decide, typed, nested and documented.

A value comes from the environment (`SF_HTTP__PORT=8000`), from a file named by the same
variable with `_FILE` behind it (`SF_AUTH__SECRET_FILE=/run/secrets/key`), or from the TOML file
named by `SF_CONFIG`; the environment wins. A few names that the field has agreed on are read
too: `DATABASE_URL`, `REDIS_URL`, `FFMPEG_BIN`, `FFPROBE_BIN`.
"""

from socialflow.kernel.config.channels import ChannelSettings
from socialflow.kernel.config.fetching import FetchSettings, ImportSettings
from socialflow.kernel.config.identity import IdentitySettings, ProviderSettings, is_safe_url
from socialflow.kernel.config.loading import ALIASES, META_KEYS, InvalidSettings, is_setting, known_keys, load
from socialflow.kernel.config.media import CdnSettings, MediaSettings, StorageSettings
from socialflow.kernel.config.sections import (
    AuthSettings,
    DatabaseSettings,
    HttpSettings,
    JobSettings,
    LimitSettings,
    MailSettings,
    OAuthSettings,
    ObservabilitySettings,
    RedisSettings,
    Section,
    SignUpSettings,
)
from socialflow.kernel.config.settings import NESTED, PREFIX, Settings

__all__ = [
    "ALIASES",
    "META_KEYS",
    "NESTED",
    "PREFIX",
    "AuthSettings",
    "CdnSettings",
    "ChannelSettings",
    "DatabaseSettings",
    "FetchSettings",
    "HttpSettings",
    "IdentitySettings",
    "ImportSettings",
    "InvalidSettings",
    "JobSettings",
    "LimitSettings",
    "MailSettings",
    "MediaSettings",
    "OAuthSettings",
    "ObservabilitySettings",
    "ProviderSettings",
    "RedisSettings",
    "Section",
    "Settings",
    "SignUpSettings",
    "StorageSettings",
    "is_safe_url",
    "is_setting",
    "known_keys",
    "load",
]
