"""F14: the database has committed and its answer is lost: the client hears 503, and its retry is no second time."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.databases import Loss, by_way, losing_commits
from tests.factories.deeds import DEEDS
from tests.factories.forks import Forks, forked
from tests.factories.parts import given
from tests.factories.worlds import change, world

from socialflow.kernel.work import App

pytestmark = pytest.mark.adversary

# Long enough for a machine under load, short enough for a test that waits for it.
STATEMENT_MS = "3000"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("loss", ["reset", "silence"])
async def test_f14_a_commit_whose_answer_was_lost_has_one_effect(
    app: App, ada: Person, bob: Person, forks: Forks, tmp_path: Path, loss: Loss
) -> None:
    deeds = [await make(app, ada, bob) for make in DEEDS.values()]
    expected: Counter[str] = Counter()
    for deed in deeds:
        expected.update(deed.changes)
    before = await world(app)

    direct = given(app.settings)["SF_DATABASE__URL"]
    async with losing_commits(direct, loss) as way:
        options = {"SF_DATABASE__URL": by_way(direct, way), "SF_DATABASE__STATEMENT_TIMEOUT_MS": STATEMENT_MS}
        # All are done at once: nobody waits for a connection.
        options["SF_DATABASE__POOL_SIZE"] = str(2 * len(deeds))
        async with (
            forked(forks, app.settings, tmp_path / "api.log", **options) as server,
            httpx2.AsyncClient(timeout=60) as client,
        ):
            way.to_lose = len(deeds)
            unknown = await asyncio.gather(*(deed.send(client, server.url) for deed in deeds))
            assert way.lost == len(deeds)
            assert {(answer.status_code, answer.json()["code"]) for answer in unknown} == {(503, "unavailable")}
            assert all(int(answer.headers["retry-after"]) >= 1 for answer in unknown)
            assert change(before, await world(app)) == {name: by for name, by in expected.items() if by}

            retried = [await deed.insist(client, server.url) for deed in deeds]
            again = [await deed.insist(client, server.url) for deed in deeds]

    assert change(before, await world(app)) == {name: by for name, by in expected.items() if by}
    for deed, first, second in zip(deeds, retried, again, strict=True):
        if deed.is_keyed:
            assert (first.status_code, first.headers["idempotency-replayed"]) == (201, "true")
            assert first.content == second.content
        else:
            assert first.is_success or first.status_code == deed.again
