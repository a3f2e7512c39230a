"""Settings of files: where they are kept, what is made of them, and by whom they are handed out."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from socialflow.kernel.config.sections import Section, split

Codecs = Annotated[tuple[Literal["hevc", "av1"], ...], NoDecode, BeforeValidator(split)]
KeepText = Annotated[str, Field(pattern=r"^(always|until_ready|[1-9][0-9]{0,4}d)$")]

KeepDays = Annotated[str, Field(pattern=r"^(always|[1-9][0-9]{0,4}d)$")]


class StorageSettings(Section):
    """Where bytes live."""

    kind: Literal["local", "s3", "azure", "gcs"] = Field(
        "local",
        description="Who keeps the objects: a folder, Amazon S3 and its like, Azure Blob, Google Cloud Storage.",
    )
    root: Path | None = Field(None, description="Folder of the local store; default: data_dir/objects.")
    bucket: str | None = Field(None, description="Bucket of S3 or Google, or container of Azure.")
    endpoint: str | None = Field(
        None, pattern=r"^https?://", description="Address of the service; empty for the vendor's own."
    )
    region: str = Field("us-east-1", description="Region of an S3 bucket.")
    access_key_id: str | None = Field(None, description="Access key of S3; empty takes the machine's role.")
    secret_access_key: SecretStr | None = Field(None, description="Secret of the access key.")
    account: str | None = Field(None, description="Storage account of Azure.")
    account_key: SecretStr | None = Field(
        None, description="Key of the Azure account; empty takes the machine's managed identity."
    )
    credentials: SecretStr | None = Field(
        None,
        description="Key of a Google service account, in JSON; empty takes the machine's identity, "
        "which cannot sign addresses.",
    )
    prefix: str = Field("", description="Put before every key, so that installations can share a bucket.")
    timeout_seconds: float = Field(
        30.0, gt=0, description="Longest wait for one request to the service; a part of 8 MiB must fit in."
    )
    retries: int = Field(4, ge=0, le=20, description="How often a request is sent again before the caller gets 503.")


class MediaSettings(Section):
    """Uploads, the encoder and playback."""

    ffmpeg_bin: Path | None = Field(None, description="ffmpeg >= 7.1; default: the bundled one.")
    ffprobe_bin: Path | None = Field(None, description="ffprobe of the same age; default: the bundled one.")
    sandbox: Literal["required", "best-effort", "off"] = Field(
        "best-effort", description="Refuse, warn or not care when uploads cannot be decoded in a sandbox."
    )
    concurrency: int = Field(
        0, ge=0, description="Encoder processes at once in one worker of the encode queue; 0 is one per core."
    )
    codecs: Codecs = Field((), description="Codecs of the picture beside H.264, by comma: hevc, av1.")
    hardware: Literal["off", "auto", "nvenc", "qsv", "vaapi", "videotoolbox"] = Field(
        "off", description="Encoders in hardware, used where encoding something with them works; auto tries all."
    )
    per_title: bool = Field(
        True,
        description="Choose the quality of each rung by VMAF on sampled seconds; otherwise all titles get the same.",
    )
    per_title_from_s: int = Field(180, ge=4, description="Titles shorter than that get the same, in seconds.")
    per_title_preset: Literal["veryfast", "faster", "fast", "medium", "slow"] = Field(
        "medium", description="x264's preset for those that are sampled; slower ones need fewer bits and more time."
    )
    vmaf_target: float = Field(92.0, ge=60, le=99, description="VMAF that a rung shall have at its own size.")
    audio_tracks: int = Field(8, ge=1, le=16, description="Sounds of a source that are made, as of several languages.")
    opus: bool = Field(False, description="Make every sound in Opus, too, for players that prefer it to AAC.")
    loudness: bool = Field(True, description="Measure sounds and make them equally loud (EBU R 128).")
    loudness_lufs: float = Field(
        -16.0, ge=-31, le=-9, description="How loud: integrated loudness in LUFS; broadcasting has -23."
    )
    true_peak_dbtp: float = Field(-1.5, ge=-9, le=0, description="True peak that is not exceeded by that, in dBTP.")
    max_upload_bytes: int = Field(8 * 1024**3, ge=1, description="Largest upload, in bytes.")
    quota_bytes: int = Field(50 * 1024**3, ge=0, description="What one account may keep, in bytes.")
    max_duration_s: int = Field(43_200, ge=1, description="Longest video, in seconds.")
    max_side_px: int = Field(4_096, ge=16, description="Longest side of a picture or video, in pixels.")
    piece_bytes: int = Field(
        8 * 1024**2, ge=65_536, description="Bytes of an upload held in memory before they are kept."
    )
    resumable_draft: bool = Field(
        False, description="Take uploads by draft-ietf-httpbis-resumable-upload, too, at the addresses of tus."
    )
    direct_uploads: bool = Field(
        True, description="Let large files be sent to the store itself, where it signs addresses for that."
    )
    upload_expiry_s: int = Field(86_400, ge=60, description="An upload without progress for so long is collected.")
    signed_url_ttl_s: int = Field(3_600, ge=60, description="Life of a private playback address, in seconds.")
    keep_original: KeepText = Field(
        "always", description="How long the file as uploaded is kept: always, until_ready, or days after that, as 30d."
    )
    edits: bool = Field(True, description="Let owners edit their videos.")
    edits_at_once: int = Field(3, ge=1, description="Edits that are made for one account at once.")
    keep_unedited: KeepDays = Field(
        "30d",
        description="How long the file before an edit is kept, so that it can be undone: always, or days, as 30d.",
    )
    embedding: Literal["everybody", "nobody"] = Field(
        "everybody", description="Whose pages may show videos in a frame, where neither owner nor channel says."
    )
    protection: Literal["none", "aes128", "clearkey"] = Field(
        "none",
        description="How streams of new videos are enciphered, unless their owners say: not, whole segments for HLS "
        "alone, or Common Encryption with keys in the clear, for HLS and DASH.",
    )
    downloads: bool = Field(True, description="Let owners allow that their videos are downloaded.")
    downloads_at_once: int = Field(3, ge=1, description="Downloads at once per address.")
    x_accel: bool = Field(
        False, description="Let the nginx in front send files (`socialflow nginx`); for a local store."
    )
    speech: Literal["auto", "off"] = Field(
        "auto", description="Whether a program may write captions, where the packages for it are installed."
    )
    speech_threads: int = Field(1, ge=1, le=64, description="Cores that it uses at once.")
    work_dir: Path | None = Field(None, description="Scratch of the encoder; default: data_dir/work.")
    source_cache_bytes: int = Field(
        50 * 1024**3,
        ge=0,
        description="Sources kept in a machine's work_dir; beyond that those go first that were not used for longest.",
    )


class CdnSettings(Section):
    """A CDN before the files of public videos."""

    kind: Literal["none", "http", "cloudfront"] = Field(
        "none", description="How it is told to forget; http: by a request, as Varnish is."
    )
    url: str | None = Field(None, description="Address of public files at the CDN; default: the site's own.")
    purge_url: str | None = Field(None, description="http: where the requests go, without the path of the file.")
    purge_method: Literal["PURGE", "BAN", "DELETE"] = Field("PURGE", description="http: their method.")
    purge_token: SecretStr | None = Field(None, description="http: bearer token that they carry.")
    distribution_id: str | None = Field(
        None, pattern=r"^[A-Z0-9]{1,40}$", description="cloudfront: id of the distribution."
    )
    access_key_id: str | None = Field(None, description="cloudfront: access key.")
    secret_access_key: SecretStr | None = Field(None, description="cloudfront: its secret.")
    signing_key: SecretStr | None = Field(
        None, description="cloudfront: private RSA key of 2048 bits, in PEM; with it private videos go by the CDN, too."
    )
    signing_key_id: str | None = Field(
        None, pattern=r"^[A-Z0-9]{1,40}$", description="cloudfront: id of its public half in the key group."
    )
    cookie_domain: str | None = Field(
        None,
        pattern=r"^[a-z0-9.\-]+$",
        description="Domain of the signed cookies: a parent of the site's host and of the CDN's.",
    )
    origin_token: SecretStr | None = Field(
        None,
        min_length=32,
        description="What the CDN sends as X-Origin-Token with every request: whoever knows it gets private files.",
    )
    api_url: str = Field("https://cloudfront.amazonaws.com", description="cloudfront: where its API is.")

    @field_validator("url")
    @classmethod
    def _is_origin(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"https?://[a-z0-9.\-]+(:\d+)?", text):
            raise ValueError(f"{text} is not an origin: https://host or https://host:port, lower case, no path")
        return text
