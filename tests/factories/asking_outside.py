"""The leak matrix, asked: what is told outside, and who is found."""

from collections.abc import AsyncIterator
from itertools import product

from tests.factories.leaking import Leak, ask, people_told
from tests.factories.matrix import LISTED, OWNERS, SUBJECTS, UNLISTED, Matrix, seen, word_of
from tests.factories.operations import Operation
from tests.factories.outside import addresses, tells


async def outside(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """What is told outside is what everybody may see, whoever asks, and less where somebody is apart from an owner."""
    for place, who in product(addresses(matrix, operation), matrix.callers):
        answer = await ask(matrix, who, place.url)
        for subject in SUBJECTS:
            told = tells(matrix, operation, place, answer.text, subject)
            if told and not place.may_tell(operation, subject, who):
                yield Leak(operation.name, who, subject, f"told of it at {place.url}")
            if not told and who in {"anonymous", "stranger"} and place.must_tell(operation, matrix, subject):
                yield Leak(operation.name, who, subject, f"{answer.status_code}, not told of it at {place.url}")


async def suggestions(matrix: Matrix, operation: Operation) -> AsyncIterator[Leak]:
    """Who is found may be met, and a hashtag that is found has something under it for whoever asks."""
    for name, who in product(OWNERS, matrix.callers):
        for leak in people_told(matrix, operation, who, (await ask(matrix, who, f"{operation.url()}?q={name}")).text):
            yield leak
    for subject, who in product(matrix.posts, matrix.callers):
        answer = await ask(matrix, who, f"{operation.url()}?q=%23{word_of(subject)[:-1]}")
        told = f'"tag":"{word_of(subject)}"' in answer.text
        if told and (not seen(subject, who) or (who != "owner" and subject in UNLISTED)):
            yield Leak(operation.name, who, subject, answer.text[:120])
        if subject in LISTED and who == "stranger" and not told:
            yield Leak(operation.name, who, subject, "not told of it")
