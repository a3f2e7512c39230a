"""The leak matrix of what people say about things, and of how they react to them."""

from collections.abc import AsyncIterator
from itertools import product

from tests.factories.leaking import Leak, ask, people_told, told
from tests.factories.matrix import Matrix, seen
from tests.factories.operations import Operation


async def comments(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """What was said below a video is seen by whoever sees the video, and is not apart from who said it."""
    for subject, video_id in matrix.videos.items():
        for who in matrix.callers:
            for parent in (None, matrix.comments[subject]):
                params = {"subject_id": video_id} | ({"parent_id": parent} if parent else {})
                answer = await ask(matrix, who, operation.url(), params)
                if answer.is_success != seen(subject, who):
                    yield Leak(operation.name, who, subject, f"{answer.status_code}")
                for leak in told(matrix, operation, who, answer.text):
                    yield leak


async def one_comment(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """A comment that is named is there for whoever sees what it was said about, and is not apart from who said it."""
    for subject, comment_id in matrix.comments.items():
        for who in matrix.callers:
            answer = await ask(matrix, who, operation.url(comment_id=comment_id))
            # Of who is hidden nothing is shown by its own address, to staff as little as to others.
            shown = seen(subject, who) and subject != "suspended"
            if answer.is_success != shown:
                yield Leak(operation.name, who, subject, f"{answer.status_code}")
            for leak in told(matrix, operation, who, answer.text):
                yield leak


async def comment_rules(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """How something may be commented on is told to whoever sees it."""
    for subject, video_id in matrix.videos.items():
        for who in matrix.callers:
            answer = await ask(matrix, who, operation.url(subject_id=video_id))
            if answer.is_success != seen(subject, who):
                yield Leak(operation.name, who, subject, f"{answer.status_code}")


async def reactions(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """How people react to something, and that there is such a thing, is told to whoever sees it."""
    for kind in (matrix.videos, matrix.posts, matrix.comments):
        for who in matrix.callers:
            answer = await ask(matrix, who, operation.url(), {"subject_ids": ",".join(kind.values())})
            for subject, subject_id in kind.items():
                if subject_id in answer.text and not seen(subject, who):
                    yield Leak(operation.name, who, subject, "told of it")
            if who == "stranger" and kind.get("public", "") not in answer.text:
                yield Leak(operation.name, who, "public", "not told of it")


async def mentionable(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """Nobody is offered whom they are apart from, and nobody is told whose it is what they do not see."""
    for kind in (matrix.videos, matrix.posts):
        for (subject, subject_id), who in product(kind.items(), matrix.callers):
            answer = await ask(matrix, who, operation.url(), {"subject_id": subject_id})
            for leak in people_told(matrix, operation, who, answer.text):
                yield leak
            if '"reason":"author"' in answer.text and not seen(subject, who):
                yield Leak(operation.name, who, subject, "its author was told")
