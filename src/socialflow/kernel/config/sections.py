"""The groups of settings, each value with its bounds and a sentence that becomes the reference."""

import ipaddress
import json
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import NoDecode


def split(value: Any) -> Any:
    """A list as people write it in a variable: by comma, or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split)]
SecretTexts = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(split)]
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
RateText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,8}$")]


class Section(BaseModel):
    """A group of settings; unknown keys are refused so that a typo is not a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpSettings(Section):
    """Where the API listens and what it believes about who is calling."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the API and the web app.")
    public_url: str | None = Field(None, description="Address that people type; links and cookies are made from it.")
    workers: int = Field(1, ge=1, description="API processes.")
    trusted_proxies: Texts = Field((), description="Networks whose X-Forwarded-For is believed (CIDR, by comma).")
    cors_origins: Texts = Field((), description="Exact origins that may call the API from a browser, by comma.")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest body of an ordinary request, in bytes.")
    body_timeout_seconds: float = Field(60.0, gt=0, description="Longest time for the body of an ordinary request.")
    head_timeout_seconds: float = Field(15.0, gt=0, description="Longest time for the head of a request.")
    max_connections: int = Field(4_000, ge=16, description="Connections of a process; the quietest makes room.")
    drain_seconds: float = Field(5.0, ge=0, description="Time between 'not ready' and closing the door at shutdown.")
    hsts: bool = Field(True, description="Send Strict-Transport-Security when public_url is https.")
    dev_docs: bool = Field(True, description="Serve /docs and /docs/try.")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(text, strict=False)) for text in texts)

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            if not re.fullmatch(r"https?://[a-z0-9.\-]+(:\d+)?", text):
                raise ValueError(f"{text} is not an origin: https://host or https://host:port, lower case, no path")
        return texts


class DatabaseSettings(Section):
    """PostgreSQL. Without a URL the embedded engine is started by `socialflow run`."""

    url: SecretStr | None = Field(None, description="postgresql://user:password@host/name")
    pool_size: int = Field(8, ge=1, description="Connections held by one process.")
    pool_timeout_seconds: float = Field(2.0, gt=0, description="Wait for a free connection before answering 503.")
    statement_timeout_ms: int = Field(5_000, ge=0, description="Longest statement, in milliseconds; 0 is no limit.")
    lock_timeout_ms: int = Field(2_000, ge=0, description="Longest wait for a lock, in milliseconds.")
    idle_in_transaction_timeout_ms: int = Field(10_000, ge=0, description="Longest idle transaction, in milliseconds.")


class RedisSettings(Section):
    """Redis or Valkey: broker, signals, limits. Without a URL the embedded engine is started."""

    url: SecretStr | None = Field(None, description="redis://:password@host:6379/0 or unix:///path?db=0")
    timeout_seconds: float = Field(1.0, gt=0, description="Longest wait for one command.")


class MailSettings(Section):
    """Mail to people: confirmations, resets, warnings."""

    kind: Literal["maildir", "console", "smtp", "sendgrid"] = Field(
        "maildir", description="Who delivers; maildir keeps mails in a folder, console prints them."
    )
    sender: str | None = Field(
        None, description="Sender, `Name <address>`; default: no-reply at the host of public_url."
    )
    reply_to: str | None = Field(None, description="Where answers go.")
    folder: Path | None = Field(None, description="Folder of the Maildir; default: data_dir/mail.")
    timeout_seconds: float = Field(20.0, gt=0, description="Longest wait for the mail server.")
    smtp_host: str | None = Field(None, description="Mail server.")
    smtp_port: int | None = Field(
        None, ge=1, le=65535, description="Its port; default: 587 with starttls, 465 with implicit, 25 with none."
    )
    smtp_tls: Literal["starttls", "implicit", "none"] = Field("starttls", description="How the line is kept secret.")
    smtp_ca: Path | None = Field(None, description="Certificates to trust instead of the system's (PEM).")
    smtp_user: str | None = Field(None, description="Name at the mail server; empty: no log-in.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    sendgrid_key: SecretStr | None = Field(None, description="API key of SendGrid, with the right to send.")
    sendgrid_url: str = Field(
        "https://api.sendgrid.com",
        description="Address of SendGrid's API; https://api.eu.sendgrid.com keeps to the EU.",
    )

    @field_validator("sender", "reply_to")
    @classmethod
    def _is_one_address(cls, text: str | None) -> str | None:
        if text is not None and (not text.isprintable() or "@" not in parseaddr(text)[1]):
            raise ValueError("write an address, or `Name <address>`")
        return text


class AuthSettings(Section):
    """Credentials and tokens."""

    secret: SecretStr | None = Field(
        None, description="At least 32 random characters; signs cursors, media addresses and CSRF tokens."
    )
    previous_secrets: SecretTexts = Field(
        (), description="Secrets that were replaced, the latest first, by comma: what they sealed is still read."
    )
    signing_keys: SecretStr | None = Field(
        None, description="JWK Set (private, EdDSA or ES256) of access tokens; the first signs, all verify."
    )
    issuer: str = Field("social-flow", description="`iss` of access tokens.")
    access_ttl_s: int = Field(900, ge=30, description="Life of an access token, in seconds.")
    refresh_ttl_s: int = Field(
        30 * 86_400, ge=60, description="Life of an unused refresh token or web session, in seconds."
    )
    session_ttl_s: int = Field(
        365 * 86_400, ge=60, description="Longest life of a log-in, however much it is used, in seconds."
    )
    most_sessions: int = Field(
        50, ge=1, description="Log-ins of one account; one more ends the one that was not used for longest."
    )
    token_ttl_s: int = Field(365 * 86_400, ge=60, description="Longest life of a personal token, in seconds.")
    most_tokens: int = Field(100, ge=0, description="Personal tokens of one account; 0 lets nobody make one.")
    place_database: Path | None = Field(
        None, description="File in MaxMind's format that tells roughly where an address is; empty: nobody is told."
    )
    leak_report_keys: SecretStr | None = Field(
        None,
        description="Public keys of who may report leaked tokens, as GitHub publishes them; empty: nobody may.",
    )
    step_up_s: int = Field(
        600, ge=30, description="What is dangerous is refused this long after one last showed who one is, in seconds."
    )
    refresh_grace_s: int = Field(
        10, ge=0, le=10, description="A rotated refresh token answers the same pair again for so long."
    )
    hash_concurrency: int = Field(2, ge=1, description="Passwords hashed at once in one process.")
    hash_queue: int = Field(64, ge=1, description="Log-ins that may wait for a free hasher before 503.")
    login_hold_s: float = Field(
        2.0, gt=0, le=10, description="While SF_LIMITS__LOGIN_GLOBAL is reached, log-ins are refused after so long."
    )
    verify_email: Literal["off", "ask"] = Field(
        "ask", description="Send who signs up a link that verifies their address, or only to who asks for one."
    )
    breached_passwords_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Range service that new passwords are looked up in (k-anonymity); empty: none is asked.",
    )
    require_second_factor_for_staff: bool = Field(
        False, description="Who has no second factor is an ordinary user, whatever their role."
    )
    registration: Literal["open", "invite", "approval", "closed"] = Field(
        "open", description="Who may sign up: all, those with an invite, those whom staff approve, nobody."
    )


class OAuthSettings(Section):
    """Apps of other people's, and how they are let in."""

    open_registration: bool = Field(False, description="Whether apps may register themselves (RFC 7591).")
    apps_per_account: int = Field(25, ge=0, description="Apps that one account may register.")
    code_ttl_s: int = Field(60, ge=10, le=60, description="Life of an authorization code, in seconds.")
    device_ttl_s: int = Field(600, ge=60, le=1_800, description="Life of a device's codes, in seconds.")
    device_interval_s: int = Field(5, ge=1, le=60, description="Least time between two questions of a device.")


class PrivacySettings(Section):
    """People's data: how they take it with them, and how they take it away."""

    erasure_grace_s: int = Field(
        14 * 86_400, ge=0, description="An account that its owner ends is erased after this, unless they come back."
    )
    export_keep_s: int = Field(7 * 86_400, ge=3_600, description="An export can be downloaded for so long.")
    export_link_s: int = Field(900, ge=60, description="Life of an address for downloading an export, in seconds.")
    positions_keep_s: int = Field(
        365 * 86_400,
        ge=86_400,
        description="What somebody watched, and where they stopped in it, is forgotten after so long.",
    )


class AnalyticsSettings(Section):
    """What is measured of how well videos play."""

    playback_keep_s: int = Field(
        90 * 86_400,
        ge=0,
        description="How well a video played is kept for so long, in seconds; 0: players are not asked.",
    )


class SignUpSettings(Section):
    """What is asked of those who sign up, and of whom nothing is taken."""

    minimum_age: int = Field(
        0,
        ge=0,
        le=120,
        description="Years; the date of birth is asked for, and only that it sufficed is kept. 0: not asked.",
    )
    terms_version: Version | None = Field(
        None, description="Version of the terms that are to be accepted; a new one asks everybody again."
    )
    terms_url: str | None = Field(None, description="Where the terms can be read.")
    allowed_email_domains: Texts = Field((), description="Only addresses of these domains and those below; by comma.")
    blocked_email_domains: Texts = Field((), description="No addresses of these domains and those below; by comma.")
    disposable_list: Path | None = Field(
        None, description="File of more such domains, one a line, such as public lists of throw-away mailboxes."
    )
    blocked_networks: Texts = Field((), description="Networks from which nobody signs up (CIDR, by comma).")
    invite_days: int = Field(14, ge=1, le=365, description="Life of an invite that says nothing else, in days.")
    invites_each: int = Field(
        10, ge=0, description="Invites that somebody without a staff role may have open; each lets one person in."
    )

    @field_validator("allowed_email_domains", "blocked_email_domains")
    @classmethod
    def _are_domains(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text.lower().lstrip("@.") for text in texts)

    @field_validator("blocked_networks")
    @classmethod
    def _are_networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(text, strict=False)) for text in texts)

    @field_validator("terms_url")
    @classmethod
    def _is_address(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"(https?://[^\s/]+)?/[^\s]*", text):
            raise ValueError("write https://..., or a path of this site")
        return text


class LimitSettings(Section):
    """Rates, as `count/seconds`; the burst is the count."""

    enabled: bool = Field(True, description="Off only for load tests.")
    anonymous: RateText = Field("600/60", description="Cost points per address without a token.")
    account: RateText = Field("1200/60", description="Cost points per account.")
    login_account: RateText = Field("10/300", description="Failed log-ins per account.")
    login_address: RateText = Field("30/300", description="Failed log-ins per address.")
    login_global: RateText = Field("1000/300", description="Failed log-ins of all; known networks are spared.")
    password_account: RateText = Field("10/300", description="Wrong present passwords per account, when changing it.")
    password_address: RateText = Field("30/300", description="Wrong present passwords per address, when changing it.")
    mail_account: RateText = Field("5/3600", description="Mails with links that one account, or its address, asks for.")
    mail_address: RateText = Field("20/3600", description="Mails with links that are asked for per address.")
    link_account: RateText = Field("10/300", description="Links of mails that are not good, per account.")
    link_address: RateText = Field("30/300", description="Links of mails that are not good, per address.")
    refresh_session: RateText = Field("10/300", description="Failed refreshes per session.")
    refresh_address: RateText = Field("60/300", description="Failed refreshes per address.")
    federation_address: RateText = Field("60/300", description="Log-ins begun with other providers per address.")
    federation_failures: RateText = Field("20/300", description="Such log-ins that failed, per address.")
    connect_account: RateText = Field("10/3600", description="Links to other providers begun per account.")
    oauth_credential: RateText = Field("10/300", description="Failed tries with one code, token or secret of an app.")
    oauth_address: RateText = Field("60/300", description="Failed tries of apps per address.")
    user_code_account: RateText = Field("10/600", description="Wrong codes of devices per account.")
    user_code_address: RateText = Field("30/600", description="Wrong codes of devices per address.")
    app_registration: RateText = Field("200/3600", description="Apps that register themselves, all together.")
    app_registration_address: RateText = Field("10/3600", description="Apps that register themselves, per address.")
    register_account: RateText = Field("10/3600", description="Sign-ups per e-mail address.")
    register_address: RateText = Field("20/3600", description="New accounts per address.")
    factor_account: RateText = Field("5/300", description="Wrong second factors per account.")
    factor_account_hour: RateText = Field("20/3600", description="The same, in an hour.")
    factor_account_day: RateText = Field("50/86400", description="The same, in a day.")
    factor_address: RateText = Field("10/300", description="Wrong second factors per address.")
    factor_address_hour: RateText = Field("50/3600", description="The same, in an hour.")
    recovery_codes: RateText = Field("10/3600", description="Sets of recovery codes that an account has made.")
    restore_account: RateText = Field("10/300", description="Failed returns to an account that is being left.")
    restore_address: RateText = Field("30/300", description="The same per address.")
    download_account: RateText = Field("51200/86400", description="Mebibytes that an account downloads.")
    download_address: RateText = Field("102400/86400", description="Mebibytes that are downloaded per address.")
    download_made: RateText = Field(
        "60/3600", description="Downloads that are put together for one account, or for an address without a token."
    )
    beacon_address: RateText = Field("600/60", description="Reports of players on how well they play, per address.")
    beacon_sessions: RateText = Field("120/3600", description="Playbacks that are told of, per address.")
    beacon_video: RateText = Field("6/86400", description="The same of one video.")
    media_keys: RateText = Field("600/60", description="Keys of protected videos that are handed out per address.")
    export_account: RateText = Field("5/86400", description="Exports that an account may ask for.")


class JobSettings(Section):
    """The job table and its workers."""

    lease_s: int = Field(60, ge=2, description="A job without a heartbeat for so long is taken by another worker.")
    heartbeat_s: float = Field(10.0, gt=0, description="Time between heartbeats.")
    max_attempts: int = Field(3, ge=1, description="Tries before a job is dead.")
    mail_attempts: int = Field(
        20, ge=1, description="Tries before a mail is given up: three hours, with the pauses between them."
    )
    retry_base_s: float = Field(2.0, gt=0, description="First back-off; doubles each time, up to a quarter of an hour.")
    rehint_s: float = Field(60.0, gt=0, description="A queued job whose hint may be lost is hinted again after this.")
    concurrency: int = Field(2, ge=1, description="Jobs at once in one worker of the ordinary queues.")
    media_concurrency: int = Field(
        2,
        ge=1,
        description="Jobs at once in one worker of the media queue: all about videos but their encoding.",
    )
    hearing_concurrency: int = Field(
        1, ge=1, description="Videos that one worker of the hearing queue listens to at once, to write captions."
    )
    import_concurrency: int = Field(2, ge=1, description="Files that one worker fetches from links at once.")
    keep_done_s: int = Field(7 * 86_400, ge=60, description="Done jobs and delivered events are forgotten after this.")


class ObservabilitySettings(Section):
    """Logs and metrics."""

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is written.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON."
    )
    metrics_port: int | None = Field(None, ge=1, le=65535, description="Port of /metrics; empty: not served.")
    metrics_host: str = Field("127.0.0.1", description="Address of /metrics.")
