"""Signed cookies and addresses of CloudFront, verified as its documentation says, and against botocore's signer."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from socialflow.adapters.cdn.cloudfront import CloudFront
from socialflow.adapters.cdn.cloudfront_signing import KEY_ID, POLICY, SIGNATURE, Signer, UnusableKey
from socialflow.ports.cdn import Cdn

URL, FOLDER = "https://cdn.example.org", "/media/ast_mine/"
UNTIL = datetime(2026, 12, 1, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
# As the documentation has it: "+" becomes "-", "=" becomes "_", "/" becomes "~".
BACK = str.maketrans("-_~", "+=/")


def pem(key: "rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey") -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def unfolded(text: str) -> bytes:
    return base64.b64decode(text.translate(BACK), validate=True)


@pytest.fixture
def cdn() -> Cdn:
    signer = Signer("K2JCJMDEHXQW5F", pem(KEY))
    about = {"distribution_id": "E1", "access_key_id": "x", "secret_access_key": "x"}
    return CloudFront(URL, **about, signer=signer)


def test_the_cookies_hold_a_policy_for_one_folder_and_its_signature(cdn: Cdn) -> None:
    permit = cdn.permit(FOLDER, UNTIL)
    assert cdn.signs
    assert set(permit) == {POLICY, SIGNATURE, KEY_ID}
    policy = unfolded(permit[POLICY])
    assert b" " not in policy
    assert json.loads(policy) == {
        "Statement": [
            {
                "Resource": f"{URL}{FOLDER}*",
                "Condition": {"DateLessThan": {"AWS:EpochTime": int(UNTIL.timestamp())}},
            }
        ]
    }
    KEY.public_key().verify(unfolded(permit[SIGNATURE]), policy, PKCS1v15(), SHA1())
    other = cdn.permit("/media/ast_other/", UNTIL)
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(unfolded(other[SIGNATURE]), policy, PKCS1v15(), SHA1())
    assert all(letter.isalnum() or letter in "-_~" for value in permit.values() for letter in value)


def test_the_query_is_what_botocore_signs(cdn: Cdn) -> None:
    permit = cdn.permit(FOLDER, UNTIL)
    theirs = CloudFrontSigner("K2JCJMDEHXQW5F", lambda message: KEY.sign(message, PKCS1v15(), SHA1()))
    address = theirs.generate_presigned_url(f"{URL}{FOLDER}v360.mp4", policy=unfolded(permit[POLICY]).decode())
    assert address == f"{URL}{FOLDER}v360.mp4?{cdn.query_of(permit)}"
    assert set(parse_qs(cdn.query_of(permit))) == {"Policy", "Signature", "Key-Pair-Id"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        pem(rsa.generate_private_key(public_exponent=65_537, key_size=1_024)),
        pem(ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["nothing", "words", "short", "curve"],
)
def test_a_key_that_cloudfront_would_not_take_is_refused(text: str) -> None:
    with pytest.raises(UnusableKey):
        Signer("K1", text)
