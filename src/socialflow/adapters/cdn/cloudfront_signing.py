"""Signed cookies and addresses of CloudFront, with a custom policy for a whole folder.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

POLICY, SIGNATURE, KEY_ID = "CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id"
IN_QUERY = {POLICY: "Policy", SIGNATURE: "Signature", KEY_ID: "Key-Pair-Id"}
BITS = 2_048
# Base64 in letters that neither cookies nor queries give a meaning.
_SAFE = str.maketrans("+=/", "-_~")


class UnusableKey(ValueError):
    """CloudFront takes RSA keys of 2048 bits."""


class Signer:
    """Signs with the private half of a key that the distribution's key group has under `key_id`."""

    def __init__(self, key_id: str, pem: str) -> None:
        """Raise UnusableKey for what CloudFront would not take."""
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise UnusableKey("not a private key in PEM") from error
        if not isinstance(key, RSAPrivateKey) or key.key_size != BITS:
            raise UnusableKey(f"not an RSA key of {BITS} bits")
        self._key_id, self._key = key_id, key

    def permit(self, resource: str, until: datetime) -> Mapping[str, str]:
        """Cookies for a resource, which may end with a `*`."""
        condition = {"DateLessThan": {"AWS:EpochTime": int(until.timestamp())}}
        policy = json.dumps({"Statement": [{"Resource": resource, "Condition": condition}]}, separators=(",", ":"))
        # SHA-1 is what CloudFront verifies; a collision would have to be in a policy that we write.
        signature = self._key.sign(policy.encode(), PKCS1v15(), hashes.SHA1())  # noqa: S303  # as documented there
        return {POLICY: _text(policy.encode()), SIGNATURE: _text(signature), KEY_ID: self._key_id}


def query_of(permit: Mapping[str, str]) -> str:
    """The same in the query of an address."""
    return urlencode({IN_QUERY[name]: value for name, value in permit.items()}, safe="~")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").translate(_SAFE)
