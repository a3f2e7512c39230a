"""What counts as a leak, and how one is found in an answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from tests.factories.matrix import APART, OWNERS, SUBJECTS, Matrix, seen
from tests.factories.operations import Operation


@dataclass(frozen=True, slots=True)
class Leak:
    """What somebody was told, or was not told, against the rule."""

    operation: str
    who: str
    subject: str
    what: str


async def ask(matrix: Matrix, who: str, url: str, params: dict[str, str] | None = None) -> httpx2.Response:
    """Ask as somebody, and count it."""
    matrix.requests += 1
    return await matrix.callers[who].get(url, params=params)


def told(matrix: Matrix, operation: Operation, who: str, answer: str, but: Sequence[str] = ()) -> list[Leak]:
    """What an answer says of subjects that somebody may not see."""
    unseen = [subject for subject in SUBJECTS if subject not in but and not seen(subject, who)]
    return [Leak(operation.name, who, subject, "told of it") for subject in unseen if matrix.tells(answer, subject)]


def people_told(matrix: Matrix, operation: Operation, who: str, answer: str) -> list[Leak]:
    """Whom an answer names that somebody is apart from, or who is hidden."""
    found = []
    for name in OWNERS:
        told = re.search(rf'"handle":\s*"{name}"', answer) is not None
        if told and (who in APART or (name == "sue" and who != "moderator")):
            found.append(Leak(operation.name, who, name, "among the people"))
    return found
