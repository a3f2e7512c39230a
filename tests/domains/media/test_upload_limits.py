"""How much may be uploaded."""

import asyncio

from tests.factories.accounts import Person
from tests.factories.uploads import TUS, create, problem, uploaded

from socialflow.kernel.work import App


async def test_quota_counts_what_is_declared_and_holds_in_parallel(app: App, ada: Person) -> None:
    quota, size = app.settings.media.quota_bytes, app.settings.media.max_upload_bytes
    answers = await asyncio.gather(*(create(ada, size) for _ in range(12)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * (quota // size) + [413] * (12 - quota // size)
    refused = next(answer for answer in answers if answer.status_code == 413)
    assert problem(refused, 413, "quota_exceeded")["quota_bytes"] == quota
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == quota // size * size

    kept = [answer.headers["location"] for answer in answers if answer.status_code == 201]
    await asyncio.gather(*(ada.http.delete(address, headers=TUS) for address in kept))
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_an_asset_goes_on_counting(ada: Person) -> None:
    await uploaded(ada, b"0123456789")
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 10


async def test_unfinished_uploads_are_bounded_however_many_are_begun_at_once(ada: Person) -> None:
    statuses = [(await create(ada, 1)).status_code for _ in range(95)]
    assert set(statuses) == {201}
    answers = await asyncio.gather(*(create(ada, 1) for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 10
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 100, "what was refused takes no room"


async def test_limits_say_what_may_be_uploaded(ada: Person) -> None:
    found = (await ada.get("/uploads/limits")).json()

    assert found["max_bytes"] == 8 * 1024**3
    assert found["piece_bytes"] == 8 * 1024**2
    assert found["expires_after_s"] == 86_400
    assert "video/*" in found["accepted_types"]
    assert found["accepted_avatar_types"] == ["image/jpeg", "image/png", "image/webp", "image/gif"]
