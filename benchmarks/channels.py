"""A channel's page and what it is made of, beside the bare SQL of each part, in the same run.

`python benchmarks/channels.py [SECONDS]`. The same data set, installation and numbers as `benchmarks/api.py`, with a
team of twenty, six pins and a former handle for each channel. *r/core-s* is how many requests one second of processor
time pays for in all processes together; *same SQL* is what PostgreSQL alone does with the statement behind it. The page
of the web app is three reads of the API and a template.
"""

import asyncio
import os
import random
import sys
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
from api import PAGE, Row, add, installation
from instance import sign_up
from rich.console import Console
from rich.table import Table
from support import dataset, load
from support.dataset import Town

from socialflow.domains.channels.models import Channel
from socialflow.domains.channels.queries import APART, VISIBLE
from socialflow.domains.channels.queries.team import _MEMBERS, _MINE, LAST
from socialflow.domains.videos.queries import lists
from socialflow.domains.videos.queries.lists import Scope, VideoSort
from socialflow.domains.videos.service import reading as places
from socialflow.kernel import ids
from socialflow.kernel.reads import Read

TEAM, PINS = 20, 6
COLUMNS = ", ".join(f"channels.{name}" for name in Channel.__table__.columns.keys())  # noqa: SIM118  # a collection of columns, not a dict
PROFILE = Read(f"SELECT {COLUMNS} FROM channels WHERE channels.handle = :handle AND {VISIBLE} AND NOT {APART}")
FORMER = Read(f"""
    SELECT {COLUMNS} FROM channels JOIN handles ON handles.channel_id = channels.id
    WHERE handles.handle = :handle AND handles.kept_until > now() AND {VISIBLE} AND NOT {APART}
""")


def furnish(database_url: str, town: Town, worker: uuid.UUID) -> None:
    """Teams, pins and former handles, and one account that works for every channel."""
    asyncio.run(_furnish(database_url, town, worker))


async def _furnish(database_url: str, town: Town, worker: uuid.UUID) -> None:
    chance, now = random.Random(11), datetime.now(UTC)
    later = now + timedelta(days=90)
    connection = await asyncpg.connect(database_url)
    columns = ["channel_id", "account_id", "id", "role", "state", "created_at", "joined_at"]
    members = []
    for number, channel in enumerate(town.channels):
        others = [each for each in chance.sample(town.accounts, TEAM) if each != town.accounts[number]]
        members += [(channel, each, ids.new(), "analyst", "active", now, now) for each in [*others, worker]]
    pins = [
        (town.channels[at], video, "video", place, now)
        for at in range(len(town.channels))
        for place, video in enumerate(town.videos[at :: len(town.channels)][:PINS])
    ]
    handles = [(f"bench_{at}", channel, None, now) for at, channel in enumerate(town.channels)]
    handles += [(f"former_{at}", channel, later, now) for at, channel in enumerate(town.channels)]
    try:
        await connection.copy_records_to_table("channel_members", records=members, columns=columns)
        await connection.copy_records_to_table(
            "channel_pins", records=pins, columns=["channel_id", "subject_id", "kind", "place", "created_at"]
        )
        await connection.copy_records_to_table(
            "handles", records=handles, columns=["handle", "channel_id", "kept_until", "claimed_at"]
        )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def rows(town: Town, token: str, worker: uuid.UUID) -> list[Row]:
    """What is measured; another channel with every request."""
    shown = [ids.show("chn", channel) for channel in town.channels]
    numbers = range(len(town.channels))
    first = {"at": places.LAST_TIME, "id": places.LAST_ID, "limit": PAGE + 1, "channel_id": town.channels[0]}
    nobody = {"viewer": None, "sees_any": False}
    somebody = {"viewer": worker, "sees_any": False}
    shelf, shelf_to = (lists.LISTS[scope, VideoSort.LATEST, False] for scope in (Scope.CHANNEL, Scope.CHANNEL_TO))
    desk = lists.LISTS[Scope.TEAM, VideoSort.LATEST, False]
    pinned = {"ids": "{" + ",".join(str(each) for each in town.videos[:: len(town.channels)][:PINS]) + "}"}
    mine = {"viewer": worker, "before": LAST, "limit": PAGE + 1}
    team = {"channel_id": town.channels[0], "before": LAST, "limit": PAGE + 1}
    profile = [(f"/api/v1/channels/@bench_{at}", "") for at in numbers]
    pins = [(f"/api/v1/channels/{each}/pins", "") for each in shown]
    videos = [f"/api/v1/videos?channel_id={each}" for each in shown]
    return [
        Row("GET /channels/@handle", profile, "", PROFILE, {"handle": "bench_0", "viewer": None}),
        Row(
            "GET /channels/@former, to where it is",
            [(f"/api/v1/channels/@former_{at}", "") for at in numbers],
            "",
            FORMER,
            {"handle": "former_0", "viewer": None},
        ),
        Row("GET /videos?channel_id, nobody", [(each, "") for each in videos], "", shelf, {**first, **nobody}),
        Row("GET /videos?channel_id, on its team", [(each, token) for each in videos], "", shelf_to, first | somebody),
        Row(
            "GET /videos?mine&channel_id, on its team",
            [(f"{each}&mine=true", token) for each in videos],
            "",
            desk,
            {**first, **somebody},
        ),
        Row("GET /channels/{id}/pins", pins, "", lists.SOME, {**pinned, **nobody}),
        Row(
            "GET /channels/{id}/collaborators",
            [(f"/api/v1/channels/{each}/collaborators", token) for each in shown],
            "",
            _MEMBERS,
            team,
        ),
        Row("GET /me/channels", [("/api/v1/me/channels", token)], "", _MINE, mine),
        Row("the page /@handle of the web app", [(f"/@bench_{at}", "") for at in numbers]),
        Row("the page /@handle/about", [(f"/@bench_{at}/about", "") for at in numbers]),
    ]


def main(seconds: float) -> int:
    """Measure every row and print one table; exit code 1 when any answer was an error."""
    table = Table(
        title=f"{load.CONNECTIONS} connections, {seconds:g} s each, {os.cpu_count()} cores, {sys.version.split()[0]}"
    )
    for head in ("what", "r/s", "p50", "p95", "CPU a request", "r/core-s", "wanted", "same SQL: tx/core-s", "errors"):
        table.add_column(head, justify="left" if head == "what" else "right")
    errors = 0
    with installation() as where:
        town = dataset.fill(where.database_url)
        client = sign_up(where.url, "worker")
        worker = ids.parse("acc", client.get("/api/v1/me").json()["id"])
        furnish(where.database_url, town, worker)
        token = client.headers["Authorization"].removeprefix("Bearer ")
        for row in rows(town, token, worker):
            errors += add(table, where, row, seconds)
    Console(width=140).print(table)
    return int(errors > 0)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0))
