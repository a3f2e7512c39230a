"""An Azure Blob service for tests: azurite in its own process."""

import base64
import hashlib
import hmac
import os
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from socialflow.adapters.storage.azure import AzureObjectStore
from socialflow.kernel import ids
from tests.factories.emulators import free_port, serving

CONTAINER = "social-flow-tests"
# Published by Microsoft for its emulators, the same for everybody.
ACCOUNT = "devstoreaccount1"
KEY = base64.b64encode(
    bytes.fromhex(
        "11bcbcbdd334db134e72a165a94c093cb96612d9420d7275394cc54f9d2e4916"
        "7a205b2e16ad94544ac2cf823ab6afcad526453d33adaff2811c17a4b2818c1b"
    )
).decode()
PROGRAM = Path(__file__).parents[1] / "third_party/azurite/node_modules/azurite/dist/src/blob/main.js"


def azure_store_at(service: str, *, timeout_s: float = 10.0, retries: int = 2) -> AzureObjectStore:
    """An empty store of its own in the container."""
    return AzureObjectStore(
        CONTAINER,
        account=ACCOUNT,
        account_key=KEY,
        endpoint=f"{service}/{ACCOUNT}",
        prefix=f"tests/{ids.new()}",
        timeout_s=timeout_s,
        retries=retries,
    )


def need_azurite() -> None:
    """Skip the test, and say so loudly, where there is no azurite; where it is required, fail."""
    if PROGRAM.exists() and shutil.which("node"):
        return
    said = "NOT TESTED: Azure Blob. Install Node.js with npm and run tools/azurite.sh"
    if os.environ.get("REQUIRE_AZURITE") == "1":
        pytest.fail(said)
    pytest.skip(said)


@contextmanager
def azurite(folder: Path) -> Iterator[str]:
    """Start azurite on a free port, make the container, and say where it is."""
    need_azurite()
    port = free_port()
    options = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with serving(["node", PROGRAM, *options, *where], port, folder / "azurite.log") as address:
        url = f"{address}/{ACCOUNT}/{CONTAINER}?restype=container&{_signature()}"
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers={"Content-Length": "0"})).close()
        yield address


def _signature() -> str:
    """A shared access signature for the whole account, for an hour."""
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    version = "2021-08-06"
    signed = f"{ACCOUNT}\nrwdlac\nb\nsco\n\n{until}\n\nhttps,http\n{version}\n\n"
    digest = hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()
    words = {"sv": version, "ss": "b", "srt": "sco", "sp": "rwdlac", "se": until, "spr": "https,http"}
    return urlencode({**words, "sig": base64.b64encode(digest).decode()})
