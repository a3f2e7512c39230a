"""Addresses of S3, and objects sent to it in parts: by botocore, which signs with a machine's role, too."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from socialflow.adapters.storage.parts import checked, compare, completed_before, size_of
from socialflow.adapters.storage.s3 import S3ObjectStore
from socialflow.ports.storage import (
    Address,
    Direct,
    ObjectMissing,
    Part,
    PartsId,
    PartsMismatch,
    Stored,
    StoreFull,
    StoreUnavailable,
    Unfinished,
    check_key,
    check_prefix,
)

T = TypeVar("T")
GIB = 1024**3
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LIMITS = Direct(least_part=5 * 1024**2, largest_part=5 * GIB, most_parts=10_000, largest_put=5 * GIB)
GONE = {"NoSuchUpload", "NoSuchKey", "404"}
WRONG = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}
FULL = {"507", "QuotaExceeded", "XMinioStorageFull", "NotEnoughSpace"}


class DirectS3ObjectStore(S3ObjectStore):
    """An S3ObjectStore that hands out addresses."""

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
        super().__init__(
            bucket,
            region=region,
            endpoint=endpoint,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            prefix=prefix,
            timeout_s=timeout_s,
            retries=retries,
        )
        self._bucket = bucket
        self._folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = Session().create_client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=Config(
                signature_version="s3v4",
                connect_timeout=min(timeout_s, 5.0),
                read_timeout=timeout_s,
                retries={"max_attempts": retries, "mode": "standard"},
                s3={"addressing_style": "path" if endpoint else "auto"},
                # What a browser sends has no checksum of Amazon's own.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @property
    def direct(self) -> Direct | None:
        """Amazon's limits."""
        return LIMITS

    async def address_to_get(self, key: str, *, lasts: timedelta) -> Address:
        """Signed on this machine."""
        return await self._address("GET", "get_object", key, lasts, {}, {})

    async def address_to_put(self, key: str, *, size: int, content_type: str, lasts: timedelta) -> Address:
        """Signed together with the size and the type, so that others are refused."""
        headers = {"Content-Length": str(size), "Content-Type": content_type}
        wanted = {"ContentLength": size, "ContentType": content_type}
        return await self._address("PUT", "put_object", key, lasts, wanted, headers)

    async def start_parts(self, key: str, *, content_type: str) -> PartsId:
        """One request."""
        check_key(key)
        begun = await self._ask(
            key, self._client.create_multipart_upload, Key=self._folder + key, ContentType=content_type
        )
        return PartsId(key, begun["UploadId"])

    async def part_address(self, parts: PartsId, number: int, *, size: int, lasts: timedelta) -> Address:
        """Signed together with the size."""
        wanted = {"UploadId": parts.token, "PartNumber": number, "ContentLength": size}
        return await self._address("PUT", "upload_part", parts.key, lasts, wanted, {"Content-Length": str(size)})

    async def complete_parts(
        self, parts: PartsId, sent: Sequence[Part], *, size: int, sha256: str | None = None
    ) -> Stored:
        """Look at the parts, then one request that makes them one object."""
        check_key(parts.key)
        try:
            compare(sent, there := await self._parts(parts), size=size)
            listed = [{"PartNumber": number, "ETag": f'"{there[number].etag}"'} for number in sorted(there)]
            await self._ask(
                parts.key,
                self._client.complete_multipart_upload,
                Key=self._folder + parts.key,
                UploadId=parts.token,
                MultipartUpload={"Parts": listed},
            )
        except ObjectMissing:
            stored = await completed_before(self, parts, size=size)
        else:
            info = await self.head(parts.key)
            stored = Stored(info.size, info.etag)
        return await checked(self, parts, stored, sha256)

    async def abort_parts(self, parts: PartsId) -> None:
        """One request."""
        try:
            await self._ask(
                check_key(parts.key),
                self._client.abort_multipart_upload,
                Key=self._folder + parts.key,
                UploadId=parts.token,
            )
        except ObjectMissing:
            return

    async def sent_bytes(self, parts: PartsId) -> int:
        """The object, and the parts that are there."""
        try:
            there = await self._parts(parts)
        except ObjectMissing:
            there = {}
        return sum(part.size for part in there.values()) + await size_of(self, parts.key)

    async def purge_parts(self, parts: PartsId) -> None:
        """Two requests."""
        await self.abort_parts(parts)
        await self.delete(parts.key)

    async def unfinished_parts(self, prefix: str) -> AsyncIterator[Unfinished]:
        """Pages as they come; what a killed process of ours was sending is among them."""
        check_prefix(prefix)
        after: dict[str, str] = {}
        while True:
            page = await self._ask(prefix, self._client.list_multipart_uploads, Prefix=self._folder + prefix, **after)
            for found in page.get("Uploads", ()):
                key = found["Key"].removeprefix(self._folder)
                yield Unfinished(PartsId(key, found["UploadId"]), found["Initiated"].astimezone(UTC))
            if not page.get("IsTruncated"):
                return
            after = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    async def close(self) -> None:
        """Botocore's connections, too."""
        await super().close()
        self._client.close()

    async def _parts(self, parts: PartsId) -> dict[int, Part]:
        there: dict[int, Part] = {}
        after: dict[str, int] = {}
        while True:
            page = await self._ask(
                parts.key, self._client.list_parts, Key=self._folder + parts.key, UploadId=parts.token, **after
            )
            for found in page.get("Parts", ()):
                number = found["PartNumber"]
                there[number] = Part(number, found["Size"], found["ETag"].strip('"'))
            if not page.get("IsTruncated"):
                return there
            after = {"PartNumberMarker": page["NextPartNumberMarker"]}

    async def _address(
        self, method: str, verb: str, key: str, lasts: timedelta, wanted: dict[str, Any], headers: dict[str, str]
    ) -> Address:
        expires_at = datetime.now(UTC) + lasts
        url = await self._call(
            check_key(key),
            self._client.generate_presigned_url,
            verb,
            Params={"Bucket": self._bucket, "Key": self._folder + key, **wanted},
            ExpiresIn=int(lasts.total_seconds()),
        )
        return Address(method, url, headers, expires_at)

    async def _ask(self, key: str, verb: Callable[..., T], **arguments: Any) -> T:
        return await self._call(key, verb, Bucket=self._bucket, **arguments)

    async def _call(self, key: str, verb: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Call in a thread, and speak of the vendor's failures in the port's words."""
        try:
            return await asyncio.to_thread(verb, *arguments, **named)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if code in GONE:
                raise ObjectMissing(key) from error
            if code in WRONG:
                raise PartsMismatch(code) from error
            if code in FULL or status == 507:
                raise StoreFull(retry_after=30) from error
            raise StoreUnavailable(retry_after=2) from error
        except BotoCoreError as error:
            raise StoreUnavailable(retry_after=2) from error
