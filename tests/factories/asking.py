"""The leak matrix, asked: every way of reading that the API documents, by everybody of its world."""

from collections.abc import AsyncIterator, Callable
from itertools import product

import httpx2
from fastapi import FastAPI

from socialflow.entrypoints.api import openapi
from tests.factories import asking_outside, asking_shelves
from tests.factories import asking_talk as talk
from tests.factories.leaking import Leak
from tests.factories.leaking import ask as _ask
from tests.factories.leaking import people_told as _people_told
from tests.factories.leaking import told as _told
from tests.factories.matrix import (
    APART,
    INSIDERS,
    KEEPERS,
    LISTED,
    SUBJECTS,
    UNLISTED,
    Matrix,
    seen,
    word_of,
)
from tests.factories.operations import NOBODYS, Operation, operations


def reads(api: FastAPI) -> list[tuple[Operation, str | None]]:
    """Every read of the document, and what it says that it shows."""
    paths = openapi.document(api)["paths"]
    found = [each for each in operations(api) if each.method == "GET"]
    return [(each, paths[each.path]["get"].get("x-visibility")) for each in found]


async def leaks(matrix: Matrix, operation: Operation, kind: str) -> list[Leak]:
    """Ask a read in every way of everybody's; what it told against the rule."""
    return [leak async for leak in ASKED[kind](matrix, operation)]


# Of some videos there is none of these: of those that cannot be watched, or whose owner does not allow it.
NOT_OF_ALL = {"downloadVideo", "getCues", "getCaptionsFile"}


async def _one_video(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """A video that is named: 404, or 403 where a password would open it, for whoever may not see it."""
    for subject, video_id in matrix.videos.items():
        for who in matrix.callers:
            answer = await _ask(matrix, who, operation.url(video_id=video_id))
            for leak in _told(matrix, operation, who, answer.text):
                yield leak
            if not seen(subject, who):
                if answer.status_code not in {401, 403, 404} or (
                    answer.status_code == 403 and answer.json()["code"] not in {"password_needed", "not_permitted"}
                ):
                    yield Leak(operation.name, who, subject, f"{answer.status_code} {answer.text[:80]}")
            elif operation.name == "getVideo" and not matrix.tells(answer.text, subject):
                yield Leak(operation.name, who, subject, f"not told of it: {answer.status_code}")
            elif (
                answer.status_code == 404
                and answer.json()["code"] == "not_found"
                and "{language}" not in operation.path
            ):
                yield Leak(operation.name, who, subject, "404 though it may be seen")


# Whoever sees a channel's numbers sees those of its videos, and nothing else that is the owner's.
MEASURED = {("analyst", "getPlaybackQuality")}


async def _own_video(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """What only an owner gets: 404 for whoever does not see the video, 403 for whoever does."""
    for subject, video_id in matrix.videos.items():
        for who in matrix.callers:
            answer = await _ask(matrix, who, operation.url(video_id=video_id))
            if who == "owner":
                continue
            if answer.is_success and who != "moderator" and (who, operation.name) not in MEASURED:
                yield Leak(operation.name, who, subject, f"{answer.status_code}")
            if answer.status_code == 403 and not seen(subject, who):
                yield Leak(operation.name, who, subject, "403 tells that there is one")
            for leak in _told(matrix, operation, who, answer.text):
                yield leak


async def _pages(matrix: Matrix, operation: Operation, who: str, url: str = "", **params: str) -> str:
    """The text of all pages of a list, or of its refusal."""
    found, cursor = "", None
    for _ in range(20):
        asked = {**params, **({"cursor": cursor} if cursor else {})}
        if any(each["name"] == "limit" for each in operation.named("query")):
            asked["limit"] = "100"
        answer = await _ask(matrix, who, url or operation.url(), asked)
        found += answer.text
        cursor = answer.json().get("next_cursor") if answer.is_success else None
        if cursor is None:
            return found
    raise AssertionError(f"{operation.name}: a list without end")


def _queries(matrix: Matrix, operation: Operation) -> list[dict[str, str]]:
    """In which ways a list of videos is asked for."""
    asked: list[dict[str, str]] = [{}]
    if operation.name == "listVideos":
        asked += [{"sort": sort} for sort in ("popular", "oldest")] + [{"mine": "true"}]
        asked += [{"channel_id": owner.channel_id} for owner in matrix.owners.values()]
        asked += [{"mine": "true", "channel_id": owner.channel_id} for owner in matrix.owners.values()]
        asked += [{"tag": word_of(subject)} for subject in SUBJECTS]
    return asked


async def _lists(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """Lists hold nothing that their reader may not see, nor what is for those alone who have an address."""
    for params in _queries(matrix, operation):
        for who in matrix.callers:
            shown = await _pages(matrix, operation, who, **params)
            for leak in _told(matrix, operation, who, shown):
                yield leak
            if who in INSIDERS or operation.name == "listSharedVideos":
                continue
            for subject in (each for each in UNLISTED if matrix.tells(shown, each)):
                yield Leak(operation.name, who, subject, f"in a list {params}")
    if operation.name == "listVideos":
        for who, params in product(("stranger", "anonymous"), ({}, {"sort": "oldest"})):
            shown = await _pages(matrix, operation, who, **params)
            for subject in (each for each in LISTED if not matrix.tells(shown, each)):
                yield Leak(operation.name, who, subject, "missing in a list")
    if operation.name == "listSharedVideos" and not matrix.tells(await _pages(matrix, operation, "named"), "named"):
        yield Leak(operation.name, "named", "named", "missing in a list")


# Of what nobody has seen yet nobody can have said anything.
UNSAID = {"draft", "scheduled"}
# Of what was answered, and is gone or of somebody who is hidden, the place stays in its thread, without words.
PLACES, EMPTY = {"listReplies", "listAncestors"}, {"deleted", "suspended"}
TELLING = {"getPost", "listPostVersions"}


async def _one_post(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """A post that is named: 404 for whoever may not see it, and its words for whoever may."""
    for (subject, post_id), who in product(matrix.posts.items(), matrix.callers):
        answer = await _ask(matrix, who, operation.url(post_id=post_id))
        for leak in _told(matrix, operation, who, answer.text):
            yield leak
        wrong = _unfit(operation, who, subject, answer, told=matrix.tells(answer.text, subject))
        if wrong is not None:
            yield Leak(operation.name, who, subject, wrong)
    # What stands around it may be seen where it may not.
    for post_id, who in product([*matrix.quotes.values(), *matrix.replies.values()], matrix.callers):
        answer = await _ask(matrix, who, operation.url(post_id=post_id))
        for leak in _told(matrix, operation, who, answer.text):
            yield leak


def _unfit(operation: Operation, who: str, subject: str, answer: httpx2.Response, *, told: bool) -> str | None:
    """What is wrong with an answer about a post, if anything is."""
    refusals = {401, 403, 404} if who == "suspended" else {404}
    if not seen(subject, who):
        is_place = operation.name in PLACES and subject in EMPTY and answer.is_success
        return None if is_place or answer.status_code in refusals else f"{answer.status_code} {answer.text[:80]}"
    if subject in UNSAID and operation.name != "getPost":
        return None
    if not answer.is_success:
        return f"{answer.status_code} though it may be seen"
    return None if told or operation.name not in TELLING else "not told of it"


def _post_queries(matrix: Matrix, operation: Operation) -> list[tuple[str, dict[str, str]]]:
    """In which ways a list of posts is asked for: addresses and queries."""
    channels = [owner.channel_id for owner in matrix.owners.values()]
    if operation.name == "listPostsOfTag":
        return [(operation.url(tag=word_of(subject)), {}) for subject in matrix.posts]
    if operation.name == "listReposts":
        return [(operation.url(), {"channel_id": each}) for each in channels]
    asked: list[dict[str, str]] = [{}, *({"channel_id": each} for each in channels)]
    asked += [{**each, "replies": "true"} for each in asked]
    states = ("draft", "scheduled", "published")
    asked += [{"state": state} for state in states]
    asked += [{"state": state, "channel_id": each} for state in states for each in channels]
    return [(operation.url(), each) for each in asked]


async def _post_lists(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """As lists of videos; of what one may not see the id is not in there either."""
    for (url, params), who in product(_post_queries(matrix, operation), matrix.callers):
        shown = await _pages(matrix, operation, who, url=url, **params)
        for leak in _told(matrix, operation, who, shown):
            yield leak
        for subject, post_id in matrix.posts.items():
            hidden = not seen(subject, who) or (who not in INSIDERS and subject in UNLISTED)
            if hidden and any(f'"{name}":"{post_id}"' in shown for name in ("id", "subject_id")):
                yield Leak(operation.name, who, subject, f"in a list {params}")
    if operation.name == "listPosts":
        for who in ("stranger", "anonymous"):
            shown = await _pages(matrix, operation, who)
            for subject in (each for each in LISTED if not matrix.tells(shown, each)):
                yield Leak(operation.name, who, subject, "missing in a list")
        shown = await _pages(matrix, operation, "muter")
        for subject in (each for each in LISTED if matrix.tells(shown, each)):
            yield Leak(operation.name, "muter", subject, "muted, and in a list")


async def _tags(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """A hashtag is known to those who find something that was said under it."""
    for subject in matrix.posts:
        word = word_of(subject)
        for who in matrix.callers:
            answer = await _ask(matrix, who, operation.url(tag=word), {"prefix": word[:-1]})
            told = answer.is_success and '"post_count":0' not in answer.text and f'"tag":"{word}"' in answer.text
            if told and (not seen(subject, who) or (who != "owner" and subject in UNLISTED)):
                yield Leak(operation.name, who, subject, answer.text[:120])
            if subject in LISTED and who == "stranger" and not told:
                yield Leak(operation.name, who, subject, "not told of it")


async def _channels(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """A profile is for everybody but those who are apart from its owner; of a hidden account there is none."""
    for name, owner in matrix.owners.items():
        for who in matrix.callers:
            for reference in (f"@{name}", owner.channel_id):
                answer = await _ask(matrix, who, operation.url(reference=reference))
                hidden = who in APART or who == "suspended" or (name == "sue" and who != "moderator")
                if answer.is_success == hidden and not (name == "sue" and who == "moderator"):
                    yield Leak(operation.name, who, name, f"{answer.status_code}")
                for leak in _told(matrix, operation, who, answer.text):
                    yield leak


async def _pins(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """What stands first on a channel's page, of that what the reader may see."""
    for name, owner in matrix.owners.items():
        for who in matrix.callers:
            answer = await _ask(matrix, who, operation.url(reference=owner.channel_id))
            hidden = who in APART or who == "suspended" or name == "sue"
            if answer.is_success and hidden and (name, who) != ("sue", "moderator"):
                yield Leak(operation.name, who, name, f"{answer.status_code}")
            for leak in _told(matrix, operation, who, answer.text):
                yield leak
            if (name, who) == ("ada", "stranger") and not matrix.tells(answer.text, "public"):
                yield Leak(operation.name, who, "public", "not told of it")


async def _team(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """Who works for a channel is told to those alone who do."""
    for name, owner in matrix.owners.items():
        for who in matrix.callers:
            answer = await _ask(matrix, who, operation.url(reference=owner.channel_id))
            if answer.is_success != (name == "ada" and who in INSIDERS):
                yield Leak(operation.name, who, name, f"{answer.status_code}")


async def _edges(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """Whom a private account follows, and who follows it, is for its followers, and for staff."""
    for name, owner in matrix.owners.items():
        for who in matrix.callers:
            answer = await _ask(matrix, who, operation.url(reference=owner.channel_id))
            insiders = {"follower", "moderator"}
            refused = who in APART | {"suspended"} or name == "sue" or (name == "pia" and who not in insiders)
            if answer.is_success and refused and (name, who) != ("sue", "moderator"):
                yield Leak(operation.name, who, name, f"{answer.status_code}")
            for leak in _people_told(matrix, operation, who, answer.text):
                yield leak


async def _people(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """Lists of people hold nobody who is hidden, and nobody whom the reader is apart from."""
    for who in matrix.callers:
        shown = await _pages(matrix, operation, who)
        for leak in _people_told(matrix, operation, who, shown):
            yield leak


async def _relations(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """How one stands to a channel that one may not see is not told, unless one has blocked it oneself."""
    asked = ",".join(owner.channel_id for owner in matrix.owners.values())
    for who in matrix.callers:
        answer = await _ask(matrix, who, operation.url(), {"channel_ids": asked})
        for name, owner in matrix.owners.items():
            if owner.channel_id in answer.text and (who == "blocked" or (name == "sue" and who != "blocker")):
                yield Leak(operation.name, who, name, "told of it")


async def _own_marks(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """What one has done oneself: nothing comes of asking for what one may not see."""
    queries = {each["name"] for each in operation.named("query")}
    name = next((each for each in ("subject_ids", "video_ids") if each in queries), None)
    params = {name: ",".join(matrix.videos.values())} if name else {}
    for who in matrix.callers:
        shown = await _pages(matrix, operation, who, **params)
        for leak in _told(matrix, operation, who, shown):
            yield leak
        for subject, video_id in matrix.videos.items():
            # That they have saved it, when they could see it, is theirs to know.
            kept = who in KEEPERS and operation.name == "getMarks"
            if video_id in shown and not seen(subject, who) and not kept:
                yield Leak(operation.name, who, subject, "marked")


async def _own(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """One's own account: it says nothing of videos, and nothing at all to nobody."""
    for who in matrix.callers:
        answer = await _ask(matrix, who, operation.url(), _filled(operation))
        if who in {"anonymous", "unlocked", "suspended"} and answer.is_success and operation.name not in OPEN_OWN:
            yield Leak(operation.name, who, "", f"{answer.status_code}")
        if who != "owner":
            for leak in _told(matrix, operation, who, answer.text):
                yield leak


# Of the router of one's own apps, but the same for everybody.
OPEN_OWN = {"listAppScopes"}


async def _staff(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """What staff read is read by nobody else."""
    for who in matrix.callers:
        answer = await _ask(matrix, who, operation.url(), _filled(operation))
        if who != "moderator" and answer.status_code not in {401, 403}:
            yield Leak(operation.name, who, "", f"{answer.status_code}")
        for leak in _told(matrix, operation, who, answer.text):
            yield leak


async def _site(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """The installation speaks of itself, and of nobody's things."""
    for who in matrix.callers:
        answer = await _ask(matrix, who, operation.url(), _filled(operation))
        for subject in SUBJECTS:
            if matrix.tells(answer.text, subject):
                yield Leak(operation.name, who, subject, "told of it")


async def _stream(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """A stream that is refused is refused at once: those that are not would never end here."""
    for subject, video_id in matrix.videos.items():
        for who in matrix.callers:
            if seen(subject, who):
                continue
            answer = await _ask(matrix, who, operation.url(), {"topics": f"video:{video_id}"})
            if answer.is_success:
                yield Leak(operation.name, who, subject, f"{answer.status_code}")


def _filled(operation: Operation) -> dict[str, str]:
    """Something for every query that has to be there."""
    needed = [each["name"] for each in operation.named("query") if each.get("required")]
    return dict.fromkeys(needed, f"vid_{NOBODYS}")


ASKED: dict[str, Callable[[Matrix, Operation], AsyncIterator[Leak]]] = {
    "video": _one_video,
    "own_video": _own_video,
    "comments": talk.comments,
    "comment": talk.one_comment,
    "comment_rules": talk.comment_rules,
    "reactions": talk.reactions,
    "mentionable": talk.mentionable,
    "post": _one_post,
    "posts": _post_lists,
    "tags": _tags,
    "videos": _lists,
    "channel": _channels,
    "pins": _pins,
    "team": _team,
    "playlist": asking_shelves.playlist,
    "playlists": asking_shelves.playlists,
    "edges": _edges,
    "people": _people,
    "relations": _relations,
    "own_marks": _own_marks,
    "own": _own,
    "staff": _staff,
    "site": _site,
    "stream": _stream,
    "outside": asking_outside.outside,
    "suggestions": asking_outside.suggestions,
}
