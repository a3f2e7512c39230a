"""Reports of leaked tokens, in the shape of GitHub's secret scanning partner programme.

A report is signed with ECDSA over P-256 and SHA-256 by a key that is named in a header and published by the
reporter. https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program
"""

import base64
import binascii
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from socialflow.domains.accounts.errors import UnsignedReport


class ReportKeys:
    """The public keys of who may report."""

    def __init__(self, published: str | None) -> None:
        """Read `{"public_keys": [{"key_identifier": ..., "key": PEM}]}`; raises ValueError for anything else."""
        self.are_any = published is not None
        self._keys: dict[str, ec.EllipticCurvePublicKey] = {}
        if published is None:
            return
        try:
            listed: list[dict[str, Any]] = orjson.loads(published)["public_keys"]
            self._keys = {entry["key_identifier"]: _public_key(entry["key"]) for entry in listed}
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"it is not a list of public keys as GitHub publishes them ({error})") from None
        if not self._keys:
            raise ValueError("there is no key in it")

    def check(self, body: bytes, *, identifier: str, signature: str) -> None:
        """Raise UnsignedReport unless the named key signed exactly these bytes."""
        key = self._keys.get(identifier)
        if key is None:
            raise UnsignedReport
        try:
            key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            raise UnsignedReport from None


def _public_key(pem: str) -> ec.EllipticCurvePublicKey:
    key = load_pem_public_key(pem.encode())
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("a key of P-256 is needed")
