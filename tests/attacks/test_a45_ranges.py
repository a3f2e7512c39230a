"""A45: ranges that are made to cost are refused for next to nothing."""

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.costs import cheap
from tests.factories.uploads import TUS, UPLOADS, ready_asset, started

from socialflow.kernel.work import App

MOST_CPU_SECONDS = 0.1
RANGES = {
    "thousand": "bytes=" + ",".join(f"{n}-{n}" for n in range(1_000)),
    "overlapping": "bytes=" + ",".join("0-" for _ in range(1_000)),
    "two": "bytes=0-1,3-4",
    "suffix of nothing": "bytes=-0",
    "beyond": "bytes=4096-",
    "far beyond": "bytes=999999999999999999-",
    "huge": "bytes=" + "9" * 5_000 + "-",
    "backwards": "bytes=10-5",
    "empty": "bytes=",
    "dash": "bytes=-",
    "comma": "bytes=0-0,",
    "quadratic": "bytes=" + "0-0," * 5_000 + "x",
    "spaces": "bytes=" + " " * 8_000 + "0-0",
    "signs": "bytes=--5",
    "hexadecimal": "bytes=0x0-0x5",
    "other digits": "bytes=\u0660-\u0661".encode().decode("latin-1"),
    "nested": "bytes=bytes=0-5",
}


@pytest.mark.parametrize("kind", RANGES)
async def test_a45_abuse_of_ranges_is_a_cheap_416(app: App, ada: Person, client: httpx2.AsyncClient, kind: str) -> None:
    path = f"/media/{await ready_asset(app, ada)}/v360.mp4"
    await client.head(path)

    with cheap(MOST_CPU_SECONDS):
        answer = await client.get(path, headers=[(b"range", RANGES[kind].encode("latin-1"))])
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */4096"
    assert len(answer.content) < 1_000


async def test_a45_an_if_range_that_is_made_to_cost_costs_nothing(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    path = f"/media/{await ready_asset(app, ada)}/v360.mp4"
    tags = ",".join(f'"{number}"' for number in range(2_000))

    await client.head(path)

    with cheap(MOST_CPU_SECONDS):
        assert (await client.get(path, headers={"Range": "bytes=0-0", "If-Range": tags})).status_code == 200
        assert (await client.get(path, headers={"If-None-Match": tags})).status_code == 200


async def test_a45_uploads_are_no_forms(ada: Person) -> None:
    address = await started(ada, 100_000)
    form = b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(100_000))
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": "multipart/form-data; boundary=x"}

    with cheap(10 * MOST_CPU_SECONDS):
        answer = await ada.http.patch(address, content=form, headers=headers)
        posted = await ada.http.post(UPLOADS, content=form, headers={**headers, "Upload-Length": "5"})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_an_upload_piece")
    assert posted.status_code == 415
