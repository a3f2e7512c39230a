"""Amazon CloudFront: invalidations, by its API of 2020-05-31, signed with Signature Version 4.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2

from socialflow.adapters.cdn.cloudfront_signing import Signer, query_of
from socialflow.ports.cdn import CdnUnavailable

API = "https://cloudfront.amazonaws.com"
VERSION = "2020-05-31"
# CloudFront belongs to no region; its requests are signed for this one.
REGION, SERVICE = "us-east-1", "cloudfront"
ALGORITHM = "AWS4-HMAC-SHA256"
TIMEOUT_S = 20.0
BODY = (
    '<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/{version}/"><Paths><Quantity>1</Quantity>'
    "<Items><Path>{path}</Path></Items></Paths><CallerReference>{reference}</CallerReference></InvalidationBatch>"
)


class CloudFront:
    """One distribution."""

    keeps = True

    def __init__(
        self,
        url: str,
        *,
        distribution_id: str,
        access_key_id: str,
        secret_access_key: str,
        api: str = API,
        timeout_s: float = TIMEOUT_S,
        signer: Signer | None = None,
    ) -> None:
        self.url = url
        self._order = f"{api}/{VERSION}/distribution/{distribution_id}/invalidation"
        self._key_id = access_key_id
        self._secret = secret_access_key
        self._timeout_s = timeout_s
        self._signer = signer

    @property
    def signs(self) -> bool:
        """Where it was given a key."""
        return self._signer is not None

    def permit(self, folder: str, until: datetime) -> Mapping[str, str]:
        """A custom policy for the folder."""
        return self._signer.permit(f"{self.url}{folder}*", until) if self._signer else {}

    def query_of(self, permit: Mapping[str, str]) -> str:
        """See the port."""
        return query_of(permit)

    async def purge(self, folder: str, tag: str) -> None:
        """Order an invalidation; CloudFront carries it out within seconds, and counts a folder as one path."""
        del tag
        body = BODY.format(version=VERSION, path=f"{folder}*", reference=uuid.uuid4()).encode()
        headers = {"Content-Type": "application/xml"}
        headers |= signature(self._order, body, headers, self._key_id, self._secret, datetime.now(UTC))
        try:
            async with httpx2.AsyncClient(timeout=self._timeout_s, trust_env=False) as client:
                answer = await client.post(self._order, content=body, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise CdnUnavailable(type(error).__name__) from None
        if not answer.is_success:
            raise CdnUnavailable(f"answered {answer.status_code}")


def signature(
    url: str, body: bytes, headers: dict[str, str], key_id: str, secret: str, now: datetime
) -> dict[str, str]:
    """The headers that sign a POST; `headers` are those that it carries besides."""
    parts = urlsplit(url)
    at = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{at[:8]}/{REGION}/{SERVICE}/aws4_request"
    signed = {"host": parts.netloc, "x-amz-date": at, **{name.lower(): value for name, value in headers.items()}}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = "\n".join(["POST", parts.path, "", lines, names, hashlib.sha256(body).hexdigest()])
    to_sign = "\n".join([ALGORITHM, at, scope, hashlib.sha256(request.encode()).hexdigest()])

    key = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    made = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={made}"
    return {"X-Amz-Date": at, "Authorization": credential}
