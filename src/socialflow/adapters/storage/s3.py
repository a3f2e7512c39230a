"""Objects in a bucket of Amazon S3 or of anything that speaks its protocol."""

from typing import TYPE_CHECKING

from obstore.store import S3Store

from socialflow.adapters.storage.obstored import ObstoreObjectStore, patience

if TYPE_CHECKING:
    from obstore.store import S3Config

DELETE_BATCH = 1000


class S3ObjectStore(ObstoreObjectStore):
    """The ObjectStore of a fleet."""

    def __init__(
        self,
        bucket: str,
        *,
        region: str = "us-east-1",
        endpoint: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        prefix: str = "",
        timeout_s: float = 30.0,
        retries: int = 4,
    ) -> None:
        client, retry = patience(endpoint, timeout_s, retries)
        config: S3Config = {"region": region}
        if endpoint:
            config["endpoint"] = endpoint
        if access_key_id and secret_access_key:
            config["access_key_id"] = access_key_id
            config["secret_access_key"] = secret_access_key
        # The service compares what arrived with this digest, so damage on the way is refused.
        config["checksum_algorithm"] = "SHA256"
        super().__init__(
            S3Store(
                bucket,
                prefix=prefix.strip("/") or None,
                config=config,
                client_options=client,
                retry_config=retry,
            ),
            delete_batch=DELETE_BATCH,
        )
