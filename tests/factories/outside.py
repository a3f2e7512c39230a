"""What is told outside, for the leak matrix: which addresses there are, and whom they may tell of what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from urllib.parse import quote

from tests.factories.matrix import APART, LISTED, OWNERS, SUBJECTS, Matrix, word_of
from tests.factories.operations import Operation

SITE = "http://localhost:8000"
KINDS, FORMS = ("videos", "posts"), ("rss", "atom", "json")
# For everybody who has the address: nobody in particular, and so nobody who may see more.
BY_ADDRESS = frozenset({"public", "unlisted", "sensitive"})
FEEDS = frozenset({"getChannelFeed", "getTagFeed"})
# The same bytes for everybody: who is apart from an owner is not asked for.
FOR_ALL = frozenset({"getSitemap", "getSitemapPart"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is told, of one subject where it is about one alone, and whose where it is somebody's."""

    url: str
    subject: str | None = None
    owner: str | None = None
    kind: str | None = None
    # What it is asked with, and so repeats.
    word: str = ""

    def may_tell(self, operation: Operation, subject: str, who: str) -> bool:
        """Whether it may say anything of a subject to somebody."""
        if who in APART and operation.name not in FOR_ALL:
            return False
        return subject == self.subject and subject in BY_ADDRESS if self.subject else subject in LISTED

    def must_tell(self, operation: Operation, matrix: Matrix, subject: str) -> bool:
        """Whether nobody in particular has to find it there."""
        is_one = subject in (matrix.posts if self.kind == "posts" else matrix.videos)
        if self.owner not in {None, SUBJECTS[subject][0]} or operation.name == "getSitemap":
            return False
        if operation.name == "getTagFeed" and quote(word_of(subject)) not in self.url:
            return False
        if self.kind in {"channels", "tags"}:
            return False
        return is_one and self.may_tell(operation, subject, "anonymous")


def _channel_feeds(matrix: Matrix) -> Iterator[Address]:
    for name, kind in product(OWNERS, KINDS):
        for reference, form in zip((f"@{name}", matrix.owners[name].channel_id, f"@{name}"), FORMS, strict=True):
            yield Address(f"/feeds/channels/{reference}/{kind}.{form}", owner=name, kind=kind)


def _tag_feeds(_matrix: Matrix) -> Iterator[Address]:
    for (number, subject), kind in product(enumerate(SUBJECTS), KINDS):
        yield Address(f"/feeds/tags/{word_of(subject)}/{kind}.{FORMS[number % 3]}", kind=kind, word=word_of(subject))


def _oembed(matrix: Matrix) -> Iterator[Address]:
    for kind, page, things in (("videos", "watch", matrix.videos), ("posts", "post", matrix.posts)):
        for subject, known in things.items():
            yield Address(f"/oembed?url={quote(f'{SITE}/{page}/{known}', safe='')}", subject=subject, kind=kind)


def _parts(_matrix: Matrix) -> Iterator[Address]:
    for kind in (*KINDS, "channels", "tags"):
        yield Address(f"/sitemaps/{kind}/1.xml", kind=kind)


def _index(_matrix: Matrix) -> Iterator[Address]:
    yield Address("/sitemap.xml")


ADDRESSES: dict[str, Callable[[Matrix], Iterator[Address]]] = {
    "getChannelFeed": _channel_feeds,
    "getTagFeed": _tag_feeds,
    "getOembed": _oembed,
    "getSitemapPart": _parts,
    "getSitemap": _index,
}


def addresses(matrix: Matrix, operation: Operation) -> list[Address]:
    """In which ways an operation is asked; a KeyError for one of which nobody knows."""
    return list(ADDRESSES[operation.name](matrix))


def tells(matrix: Matrix, operation: Operation, place: Address, answer: str, subject: str) -> bool:
    """Whether an answer says anything of a subject; that there is one is something."""
    known = {"watch": matrix.videos.get(subject), "post": matrix.posts.get(subject)}
    if operation.name not in FEEDS:
        return matrix.tells(answer, subject) or any(each in answer for each in known.values() if each is not None)
    urls = [f"{SITE}/{page}/{each}" for page, each in known.items() if each is not None]
    if any(f">{url}<" in answer or f'"id":"{url}"' in answer for url in urls):
        return True
    # What can be seen by its address may be quoted by what is listed; and a feed is called as its tag is.
    return subject not in BY_ADDRESS and matrix.tells(answer.replace(place.word, ""), subject)
