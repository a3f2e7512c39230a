"""The leak matrix, asked: playlists, and the videos on them."""

from collections.abc import AsyncIterator

from tests.factories.leaking import Leak, ask, told
from tests.factories.matrix import PLAYLISTS, SHELVED, SUBJECTS, Matrix, seen, seen_list, word_of
from tests.factories.operations import Operation


async def playlist(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """A list is for whom its owner says, and tells nobody of a video that they may not see."""
    for name, playlist_id in matrix.playlists.items():
        for who in matrix.callers:
            answer = await ask(matrix, who, operation.url(playlist_id=playlist_id), {"limit": "100"})
            for leak in (*told(matrix, operation, who, answer.text), *_lists_told(operation, who, answer.text)):
                yield leak
            if answer.is_success != seen_list(name, who):
                yield Leak(operation.name, who, name, f"{answer.status_code}")
            elif operation.name == "getPlaylist" and answer.is_success and word_of(name) not in answer.text:
                yield Leak(operation.name, who, name, "not told of it")
            elif operation.name == "listPlaylistItems" and answer.is_success:
                for subject in SUBJECTS:
                    on_it = SUBJECTS[subject][0] == PLAYLISTS[name][0]
                    if on_it and seen(subject, who) and not matrix.tells(answer.text, subject):
                        yield Leak(operation.name, who, subject, f"missing on {name}")


async def playlists(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """The lists of a channel: none that is for an address alone, and by their covers no video that is not seen."""
    for owner, person in matrix.owners.items():
        for who in matrix.callers:
            answer = await ask(matrix, who, operation.url(reference=person.channel_id), {"limit": "100"})
            for leak in (*told(matrix, operation, who, answer.text), *_lists_told(operation, who, answer.text)):
                yield leak
            for name, (by, _) in PLAYLISTS.items():
                shown = word_of(name) in answer.text
                if shown and name not in SHELVED and who != "moderator":
                    yield Leak(operation.name, who, name, "in a list")
                wanted = name in SHELVED and by == owner and seen_list(name, who) and who != "moderator"
                if wanted and not shown:
                    yield Leak(operation.name, who, name, "missing in a list")


def _lists_told(operation: Operation, who: str, answer: str) -> list[Leak]:
    unseen = [name for name in PLAYLISTS if not seen_list(name, who)]
    return [Leak(operation.name, who, name, "told of it") for name in unseen if word_of(name) in answer]
