"""From the settings to the object store; only the module of the store that was chosen is loaded."""

import hashlib
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr, ValidationError

from socialflow.kernel.config import InvalidSettings, Settings, StorageSettings
from socialflow.ports.storage import ObjectStore

ADAPTERS = "socialflow.adapters.storage"


def object_store(settings: Settings) -> ObjectStore:
    """The store that the settings choose; raises InvalidSettings where something is lacking."""
    chosen = settings.storage
    if chosen.kind == "local":
        local: ObjectStore = _adapter("local").LocalObjectStore(settings.storage_root)
        return local
    remote = {"s3": _s3, "azure": _azure, "gcs": _gcs}[chosen.kind]
    return remote(chosen, chosen.bucket or _lacking("SF_STORAGE__BUCKET", chosen))


def with_storage(settings: Settings, named: str) -> Settings:
    """The settings with another store: a kind (`local`, `s3`, ...), or a TOML file with its own [storage]."""
    kinds = get_args(StorageSettings.model_fields["kind"].annotation)
    if named in kinds:
        return settings.model_copy(update={"storage": settings.storage.model_copy(update={"kind": named})})
    try:
        section = tomllib.loads(Path(named).read_text(encoding="utf-8"))["storage"]
        other = StorageSettings.model_validate(section)
    except KeyError:
        raise InvalidSettings(f"{named}: there is no [storage] in it") from None
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InvalidSettings(f"{named}: [storage] {said}") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(
            f"{named} is neither one of {', '.join(map(str, kinds))} nor a settings file: {error}"
        ) from None
    return settings.model_copy(update={"storage": other})


def place_of(settings: Settings) -> str:
    """Where the objects are, so that two places can be told apart; says nothing secret."""
    chosen = settings.storage
    if chosen.kind == "local":
        return f"local {settings.storage_root.expanduser().resolve()}"
    parts = (chosen.kind, chosen.endpoint, chosen.account, chosen.bucket, chosen.prefix.strip("/"))
    return " ".join(part for part in parts if part)


def journal_of(settings: Settings, source: str, target: str) -> Path:
    """The journal of moving from one place to another."""
    name = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()[:24]
    return settings.data_dir / "moves" / f"{name}.jsonl"


def _s3(chosen: StorageSettings, bucket: str) -> ObjectStore:
    """With botocore it hands out addresses, too."""
    kind = _adapter("s3_direct").DirectS3ObjectStore if find_spec("botocore") else _adapter("s3").S3ObjectStore
    store: ObjectStore = kind(
        bucket,
        region=chosen.region,
        access_key_id=chosen.access_key_id,
        secret_access_key=_revealed(chosen.secret_access_key),
        **_common(chosen),
    )
    return store


def _azure(chosen: StorageSettings, bucket: str) -> ObjectStore:
    store: ObjectStore = _adapter("azure").AzureObjectStore(
        bucket,
        account=chosen.account or _lacking("SF_STORAGE__ACCOUNT", chosen),
        account_key=_revealed(chosen.account_key),
        **_common(chosen),
    )
    return store


def _gcs(chosen: StorageSettings, bucket: str) -> ObjectStore:
    """With a service account's key it hands out addresses, too."""
    try:
        kind = _adapter("gcs_direct").DirectGcsObjectStore if chosen.credentials else _adapter("gcs").GcsObjectStore
        store: ObjectStore = kind(bucket, credentials=_revealed(chosen.credentials), **_common(chosen))
    except ImportError:
        raise InvalidSettings("SF_STORAGE__KIND=gcs needs Google's client: pip install 'social-flow[gcs]'") from None
    except ValueError as error:
        raise InvalidSettings(f"SF_STORAGE__CREDENTIALS cannot be used: {error}") from None
    return store


def _common(chosen: StorageSettings) -> dict[str, Any]:
    return {
        "endpoint": chosen.endpoint,
        "prefix": chosen.prefix,
        "timeout_s": chosen.timeout_seconds,
        "retries": chosen.retries,
    }


def _adapter(module: str) -> Any:
    return import_module(f"{ADAPTERS}.{module}")


def _lacking(name: str, chosen: StorageSettings) -> str:
    raise InvalidSettings(f"{name} is needed with SF_STORAGE__KIND={chosen.kind}")


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
