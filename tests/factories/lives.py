"""Whole lives for tests: somebody who has left a trace in every table, and how to look for what is left of them."""

import asyncio
import os
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from socialflow.domains.accounts.models import (
    Account,
    AppCode,
    AppGrant,
    ClientApp,
    Connection,
    Consent,
    DeviceCode,
    Document,
    Invite,
    Passkey,
    PersonalToken,
    RecoveryCode,
    Session,
    SessionKind,
    SignUp,
    TotpFactor,
)
from socialflow.domains.accounts.service import erasure, leaving
from socialflow.domains.media.models import Asset, LinkImport, Rendition, Transcode, TranscodeTask, Upload
from socialflow.domains.social.models import FollowRequest
from socialflow.domains.videos.models import Video, VideoSource
from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectStore
from tests.factories.accounts import Person
from tests.factories.channels import channel, employ, rename
from tests.factories.pictures import picture
from tests.factories.posts import photo, post
from tests.factories.shelves import invite, playlist, put
from tests.factories.uploads import uploaded
from tests.factories.videos import video

CANARY = "xqzcanary"
# Names of objects: made by us, and not by anybody's words.
MACHINES = {"assets.source_key", "asset_files.key", "upload_pieces.key", "exports.folder"}


async def live(app: App, person: Person, other: Person, deliver: Any) -> dict[str, str]:
    """Do everything that one can do here; ids of what came of it."""
    face = (await uploaded(person, picture("PNG"), purpose="avatar", filename=f"{CANARY}.png")).rsplit("/", 1)[-1]
    profile = {"display_name": f"Name {CANARY}", "bio": f"Bio {CANARY}", "avatar_upload_id": face}
    assert (await person.patch(f"/channels/{person.channel_id}", profile)).status_code == 200
    await person.patch("/me", {"display_name": f"Me {CANARY}"})
    await uploaded(person, b"an original" * 100, filename=f"{CANARY}.mp4")
    said = {"title": f"Title {CANARY}", "description": f"Words {CANARY}", "tags": [CANARY]}
    own = await video(app, person, visibility="public", **said)
    words = f"1\n00:00:01,000 --> 00:00:02,000\nSaid {CANARY}\n".encode()
    captions = await person.put(f"/videos/{own['id']}/captions/en", content=words, params={"label": f"By {CANARY}"})
    assert captions.status_code == 200, captions.text
    cut = {"operations": [{"kind": "trim", "start_ms": 0, "end_ms": 5_000}]}
    edited = await person.post(f"/videos/{own['id']}/edits", cut)
    assert edited.status_code == 201, edited.text
    foreign = await video(app, other, visibility="public", title="Somebody else's")
    remark = await _remark(person, foreign["id"])
    answered = await person.post("/comments", {"subject_id": foreign["id"], "text": f"Answered {CANARY}"})
    answer = {"subject_id": foreign["id"], "parent_id": answered.json()["id"], "text": "An answer"}
    reply = await other.post("/comments", answer)
    assert reply.status_code == 201, reply.text
    for path in (f"/likes/{foreign['id']}", f"/likes/{reply.json()['id']}", f"/follows/{other.channel_id}"):
        assert (await person.put(path)).status_code in {200, 201}, path
    stopped = await person.put(f"/me/positions/{foreign['id']}", json={"position_ms": 6_000})
    assert stopped.json()["position_ms"] == 6_000, stopped.text
    assert (await person.patch("/me/player", {"speed_percent": 125})).status_code == 200
    await _put_aside(person, other)
    await _run_channels(person, other, own["id"])
    await _shelve(person, other, foreign["id"])
    made_of_posts = await speak(person, other, foreign["id"])
    await other.put(f"/follows/{person.channel_id}")
    await other.put(f"/likes/{own['id']}")
    await deliver(times=1)
    return {
        "own": own["id"],
        "foreign": foreign["id"],
        "remark": remark,
        "answered": answered.json()["id"],
        "reply": reply.json()["id"],
        **made_of_posts,
    }


async def _remark(person: Person, film: str) -> str:
    """Say something about a video with a photo, and say it better; its id."""
    file = await uploaded(person, picture("PNG"), purpose="comment_photo", filename=f"{CANARY}.png")
    photos = [{"upload_id": file.rsplit("/", 1)[-1], "alt": f"Alt {CANARY}"}]
    said = await person.post("/comments", {"subject_id": film, "text": f"Remark {CANARY}", "photos": photos})
    assert said.status_code == 201, said.text
    known: str = said.json()["id"]
    better = await person.patch(f"/comments/{known}", {"text": f"A better remark {CANARY}"})
    assert better.status_code == 200, better.text
    return known


async def _run_channels(person: Person, other: Person, film: str) -> None:
    """Have a second channel, a banner, links, a former handle, a pin and a team, and work for somebody else."""
    wide = (await uploaded(person, picture("PNG"), purpose="banner", filename=f"{CANARY}.png")).rsplit("/", 1)[-1]
    links = [{"title": f"Link {CANARY}", "url": f"https://{CANARY}.example/"}]
    shown = await person.patch(f"/channels/{person.channel_id}", {"banner_upload_id": wide, "links": links})
    assert shown.status_code == 200, shown.text
    second = await channel(person, f"{CANARY}_two", bio=f"Second {CANARY}")
    await rename(person, second["id"], f"{CANARY}_three")
    pinned = await person.put(f"/channels/{person.channel_id}/pins", json={"subject_ids": [film]})
    assert pinned.status_code == 200, pinned.text
    await employ(person, other, "editor", second["id"])
    await employ(other, person, "analyst")


async def _put_aside(person: Person, other: Person) -> None:
    """Mute a word, and keep a list of people."""
    assert (await person.post("/me/mutes", {"kind": "word", "term": CANARY})).status_code == 201
    made = await person.post("/lists", {"title": f"List {CANARY}"})
    assert (await person.put(f"/lists/{made.json()['id']}/members/{other.channel_id}")).status_code == 204


async def _shelve(person: Person, other: Person, film: str) -> None:
    """Make a playlist, work on somebody else's, save something, and put something off."""
    own = await playlist(person, f"Playlist {CANARY}", description=f"About {CANARY}")
    await put(person, own["id"], film, note=f"Note {CANARY}")
    theirs = await playlist(other, "Somebody else's list")
    await invite(other, theirs["id"], person)
    await put(person, theirs["id"], film, note=f"Their note {CANARY}")
    for path in (f"/saves/{film}", f"/me/watch-later/{film}"):
        assert (await person.put(path)).status_code == 200, path


async def speak(person: Person, other: Person, film: str) -> dict[str, str]:
    """Say what one can say in posts, be answered, vote, repost and follow hashtags; ids of what came of it."""
    shown = await photo(person)
    pictures = [{"upload_id": shown, "alt": f"Alt {CANARY}"}]
    poll = {"options": [f"Yes {CANARY}", f"No {CANARY}"]}
    asked = await post(person, f"Asked {CANARY} https://example.org/", photos=pictures, poll=poll, language="en")
    changed = await person.patch(f"/posts/{asked['id']}", {"text": f"Changed {CANARY}"})
    assert changed.status_code == 200, changed.text
    answer = await post(other, f"Not theirs, @{person.handle}", parent_id=asked["id"], poll={"options": ["a", "b"]})
    lonely = await post(person, f"Lonely {CANARY} #sea", quote_id=film)
    voted = await person.put(f"/posts/{answer['id']}/vote", json={"choices": [1]})
    assert voted.status_code == 200, voted.text
    for path in (f"/reposts/{answer['id']}", "/me/tags/sea"):
        assert (await person.put(path)).status_code == 200, path
    assert (await person.patch("/me/posting", {"reply_policy": "followers"})).status_code == 200
    return {"asked": asked["id"], "post_answer": answer["id"], "lonely": lonely["id"]}


async def furnish(app: App, person: Person, other: Person) -> uuid.UUID:
    """Give somebody every way in, and an app of their own that somebody else has let in; the id of that app."""
    account, reader = (ids.parse("acc", each.id) for each in (person, other))
    async with app.work(SYSTEM) as work:
        times = {"created_at": work.now, "expires_at": work.now + timedelta(days=1)}
        both = {"created_at": work.now, "updated_at": work.now}
        code = {"scopes": "read", **times}
        rules = {"redirect_uris": ["https://app.example/back"], "scopes": "read", "website": "https://app.example"}
        made = ClientApp(owner_id=account, name=f"App {CANARY}", **rules, **both)
        foreign = ClientApp(owner_id=reader, name="Somebody else's", **rules, **both)
        work.db.add_all([made, foreign])
        await work.db.flush()
        # For each of the two, what the other's app holds.
        for who, which in ((account, foreign.id), (reader, made.id)):
            held = {"account_id": who, "app_id": which}
            session = await _app_session(work, **held)
            said = {"redirect_uri": "https://app.example/back", "challenge": "of a verifier", "session_id": session}
            work.db.add(AppGrant(**held, scopes="read", **both))
            work.db.add(AppCode(**held, **code, **said, digest=os.urandom(32)))
            device = {"interval_s": 5, "address": "192.0.2.7", "device_digest": os.urandom(32)}
            work.db.add(DeviceCode(**held, **code, **device, user_code_mac=os.urandom(32)))
        seed = app.keys.seal(f"totp:{account}", os.urandom(20))
        work.db.add(TotpFactor(account_id=account, sealed_seed=seed, created_at=work.now))
        work.db.add(RecoveryCode(account_id=account, number=0, code_hash="of a code", created_at=work.now))
        key = {"credential_id": os.urandom(32), "public_key": os.urandom(77), "sign_count": 0, "is_backed_up": False}
        key["user_handle"] = os.urandom(16)
        work.db.add(Passkey(account_id=account, name=CANARY, transports=[CANARY], created_at=work.now, **key))
        elsewhere = {"issuer": "https://id.example", "subject": CANARY, "provider": "example"}
        work.db.add(Connection(account_id=account, email=f"{CANARY}@id.example", created_at=work.now, **elsewhere))
        wanted = {"follower_id": account, "channel_id": ids.parse("chn", other.channel_id)}
        work.db.add(FollowRequest(**wanted, created_at=work.now))
        token = {"name": CANARY, "digest": os.urandom(32), "scopes": "read", "networks": ""}
        work.db.add(PersonalToken(account_id=account, **token, **times))
        work.db.add(Invite(created_by=account, token_digest=os.urandom(32), note=CANARY, max_uses=2, **times))
        work.db.add(SignUp(account_id=account, reason=CANARY, address="192.0.2.7", created_at=work.now))
        work.db.add(Consent(account_id=account, document=Document.TERMS, version="1", at=work.now, address="192.0.2.7"))
        await _fetch_and_replace(work, account)
        await _make_of_a_file(work, account)
    return made.id


async def _fetch_and_replace(work: Work, account: uuid.UUID) -> None:
    """An upload that comes from a link, and a file that did not become their video's."""
    upload = await work.db.scalar(select(Upload.id).where(Upload.account_id == account).limit(1))
    video_id = await work.db.scalar(select(Video.id).where(Video.account_id == account).limit(1))
    told = {"host": f"{CANARY}.example", "quota_bytes": 1, "begun_at": work.now, "url": os.urandom(60)}
    work.db.add(LinkImport(upload_id=upload, **told))
    refused = {"state": "failed", "failure_code": "corrupt", "failure_detail": CANARY, "created_at": work.now}
    work.db.add(VideoSource(video_id=video_id, upload_id=ids.new(), asset_id=ids.new(), **refused))


async def _make_of_a_file(work: Work, account: uuid.UUID) -> None:
    """A sound with the name that its file gave it, and the task that made it."""
    its = select(Transcode.asset_id).join(Asset, Asset.id == Transcode.asset_id).where(Asset.account_id == account)
    asset_id = await work.db.scalar(its.limit(1))
    sound = {"name": "audio", "kind": "audio", "codecs": "mp4a.40.2", "bandwidth": 1, "average_bandwidth": 1, "size": 1}
    work.db.add(Rendition(asset_id=asset_id, **sound, label=CANARY, created_at=work.now))
    task = {"name": "audio", "kind": "audio", "rungs": [], "state": "done", "share": 0.1, "patience_s": 0.0}
    work.db.add(TranscodeTask(asset_id=asset_id, **task, made={"label": CANARY}))


async def _app_session(work: Work, *, account_id: uuid.UUID, app_id: uuid.UUID) -> uuid.UUID:
    session = Session(
        id=ids.new(),
        account_id=account_id,
        kind=SessionKind.APP,
        secret_digest=os.urandom(32),
        created_at=work.now,
        last_used_at=work.now,
        expires_at=work.now + timedelta(days=1),
        ends_at=work.now + timedelta(days=1),
        authenticated_at=work.now,
        app_id=app_id,
        scopes="read",
        address="192.0.2.7",
        user_agent="An app",
    )
    work.db.add(session)
    await work.db.flush()
    return session.id


async def plant(app: App, person: Person) -> set[str]:
    """Put a canary into every text of every row of somebody; returns which columns took one."""
    account, planted = ids.parse("acc", person.id), set()
    for table in Base.metadata.sorted_tables:
        holding = personal.holdings[table.name]
        for column in table.columns:
            kind = str(column.type)
            canary = {
                "VARCHAR": f"'{CANARY}' || substr(md5(random()::text), 1, 8)",
                "JSONB": f'\'{{"k": "{CANARY}"}}\'',
            }
            if (
                f"{table.name}.{column.name}" in MACHINES
                or holding.by is None
                or kind not in canary
                or column.primary_key
                or column.computed
            ):
                continue
            statement = f'UPDATE "{table.name}" SET "{column.name}" = {canary[kind]} WHERE {holding.condition}'
            try:
                async with app.sessions() as session, session.begin():
                    changed = await session.execute(text(statement), {"account": account})
                    if changed.rowcount:
                        planted.add(f"{table.name}.{column.name}")
            except DBAPIError as refused:
                # Rules of the row: one of few values, of a form, or nothing that may change at all.
                if not any(rule in str(refused) for rule in ("ck_", "fk_accounts_role", "append-only")):
                    raise
    return planted


async def dumped(app: App) -> dict[str, list[str]]:
    """Every row of every table as text, and what is in the object store and in Redis."""
    found: dict[str, list[str]] = {}
    async with app.sessions() as session:
        for table in Base.metadata.sorted_tables:
            found[table.name] = [
                str(row) for row in await session.scalars(text(f'SELECT t::text FROM "{table.name}" t'))
            ]
    store = app.port(ObjectStore)
    found["objects"] = [info.key for info in [each async for each in store.list("")]]
    kept = [(key, await app.redis.dump(key)) async for key in app.redis.scan_iter()]
    found["redis"] = [str(pair) for pair in kept]
    return found


async def leave(app: App, person: Person) -> None:
    """Have somebody leave, with no time to come back."""
    async with app.work(SYSTEM) as work:
        account = await work.db.get(Account, ids.parse("acc", person.id), with_for_update=True)
        assert account is not None
        await leaving.begin(work, account, grace=timedelta(0), keys=app.keys)


async def erase(app: App, person: Person) -> None:
    """Erase somebody at once."""
    await asyncio.sleep(0)
    await erasure.erase_now(app, ids.parse("acc", person.id))
