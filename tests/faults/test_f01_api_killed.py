"""F1: the API is killed before the commit, after it, or after the answer: what was asked for happens once."""

from pathlib import Path

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.deeds import DEEDS
from tests.factories.forks import Forks, forked
from tests.factories.worlds import change, world

from socialflow.kernel.work import App

pytestmark = pytest.mark.adversary

POINTS = ["before_commit", "after_commit", "after_reply"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("operation", DEEDS)
async def test_f01_what_a_killed_server_was_asked_for_happens_once(
    app: App,
    client: httpx2.AsyncClient,
    ada: Person,
    bob: Person,
    forks: Forks,
    tmp_path: Path,
    operation: str,
    point: str,
) -> None:
    deed = await DEEDS[operation](app, ada, bob)
    before = await world(app)

    async with forked(forks, app.settings, tmp_path / "api.log", SF_FAULT=f"{operation}.{point}:kill") as server:
        async with httpx2.AsyncClient(timeout=60) as outside:
            try:
                heard = await deed.send(outside, server.url)
            except (httpx2.NetworkError, httpx2.ProtocolError):
                heard = None
        server.wait_killed()

    happened = point != "before_commit"
    assert (heard is not None) == (point == "after_reply")
    assert change(before, await world(app)) == (deed.changes if happened else {})

    # Another server on the same database.
    retried = await deed.insist(client)
    again = await deed.insist(client)
    assert change(before, await world(app)) == deed.changes
    if deed.is_keyed:
        assert ("idempotency-replayed" in retried.headers) == happened
        assert again.headers["idempotency-replayed"] == "true"
        assert {answer.status_code for answer in (heard, retried, again) if answer is not None} == {201}
        assert len({answer.content for answer in (heard, retried, again) if answer is not None}) == 1
    else:
        assert retried.is_success or (happened and retried.status_code == deed.again)
        assert again.is_success or again.status_code == deed.again
