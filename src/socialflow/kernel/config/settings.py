"""All settings together, and what makes them fit for production."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from socialflow.kernel.config.channels import ChannelSettings
from socialflow.kernel.config.fetching import FetchSettings, ImportSettings
from socialflow.kernel.config.identity import IdentitySettings
from socialflow.kernel.config.media import CdnSettings, MediaSettings, StorageSettings
from socialflow.kernel.config.reactions import ReactionSettings
from socialflow.kernel.config.sections import (
    AnalyticsSettings,
    AuthSettings,
    DatabaseSettings,
    HttpSettings,
    JobSettings,
    LimitSettings,
    MailSettings,
    OAuthSettings,
    ObservabilitySettings,
    PrivacySettings,
    RedisSettings,
    SignUpSettings,
)
from socialflow.kernel.config.shelves import ShelfSettings

PREFIX = "SF_"
NESTED = "__"
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    """Everything an operator may decide."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    environment: Literal["development", "test", "production"] = Field(
        "development", description="production refuses unsafe or missing secrets."
    )
    instance_name: str = Field("Social Flow", max_length=60, description="Name shown to people.")
    data_dir: Path = Field(Path(".socialflow"), description="Folder of everything kept on this machine.")
    http: HttpSettings = HttpSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    storage: StorageSettings = StorageSettings()
    media: MediaSettings = MediaSettings()
    fetch: FetchSettings = FetchSettings()
    imports: ImportSettings = ImportSettings()
    cdn: CdnSettings = CdnSettings()
    mail: MailSettings = MailSettings()
    auth: AuthSettings = AuthSettings()
    sign_up: SignUpSettings = SignUpSettings()
    channels: ChannelSettings = ChannelSettings()
    privacy: PrivacySettings = PrivacySettings()
    shelves: ShelfSettings = ShelfSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()
    reactions: ReactionSettings = ReactionSettings()
    identity: IdentitySettings = IdentitySettings()
    oauth: OAuthSettings = OAuthSettings()
    limits: LimitSettings = LimitSettings()
    jobs: JobSettings = JobSettings()
    observability: ObservabilitySettings = ObservabilitySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the framework names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the framework names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file named by SF_CONFIG."""
        path = os.environ.get("SF_CONFIG")
        if not path:
            return (init_settings, env_settings)
        if not Path(path).is_file():
            raise FileNotFoundError("there is no such file")
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path))

    @model_validator(mode="after")
    def _production_is_safe(self) -> "Settings":
        if self.environment != "production":
            return self

        missing = [
            name
            for name, value in (
                ("SF_AUTH__SECRET", self.auth.secret),
                ("SF_AUTH__SIGNING_KEYS", self.auth.signing_keys),
                ("SF_DATABASE__URL", self.database.url),
                ("SF_REDIS__URL", self.redis.url),
                ("SF_HTTP__PUBLIC_URL", self.http.public_url),
            )
            if value is None
        ]
        if missing:
            raise ValueError(f"production needs {', '.join(missing)}")
        if self.auth.secret is not None and _is_weak(self.auth.secret.get_secret_value()):
            raise ValueError(f"SF_AUTH__SECRET must be at least {SHORTEST_SECRET} random characters")
        if any(_is_weak(secret.get_secret_value()) for secret in self.auth.previous_secrets):
            raise ValueError("SF_AUTH__PREVIOUS_SECRETS holds something that was never a secret")
        return self

    @property
    def public_url(self) -> str:
        """Address that people type, without a trailing slash."""
        return (self.http.public_url or f"http://localhost:{self.http.port}").rstrip("/")

    @property
    def storage_root(self) -> Path:
        """Folder of the local object store."""
        return self.storage.root or self.data_dir / "objects"

    @property
    def mail_folder(self) -> Path:
        """Folder of the Maildir."""
        return self.mail.folder or self.data_dir / "mail"

    @property
    def work_dir(self) -> Path:
        """Scratch folder of the encoder."""
        return self.media.work_dir or self.data_dir / "work"


def _is_weak(secret: str) -> bool:
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < SHORTEST_SECRET // 4
