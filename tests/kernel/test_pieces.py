"""Long answers: all their pieces, or as many as somebody hears."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Message

from socialflow.kernel.errors import RequestTimeout
from socialflow.kernel.web.pieces import PiecesResponse

SCOPE = {"type": "http", "method": "GET", "path": "/"}


class Source:
    """Four pieces; it knows how many were asked for, and whether it was closed."""

    def __init__(self) -> None:
        self.given = 0
        self.closed = False

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            for _ in range(4):
                self.given += 1
                yield b"piece"
                await asyncio.sleep(0)
        finally:
            self.closed = True


async def test_every_piece_is_sent_and_the_source_is_closed() -> None:
    source, sent, others = Source(), list[Message](), asyncio.all_tasks()

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await PiecesResponse(source.pieces(), 206, {"Content-Length": "20"})(SCOPE, receive, send)
    assert (sent[0]["status"], sent[0]["headers"]) == (206, [(b"content-length", b"20")])
    assert b"".join(message["body"] for message in sent[1:]) == b"piece" * 4
    assert [message["more_body"] for message in sent[1:]] == [True] * 4 + [False]
    assert source.closed
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == others


async def test_whoever_leaves_is_sent_nothing_more_and_the_source_is_closed() -> None:
    source, left = Source(), asyncio.Event()

    async def send(message: Message) -> None:
        if source.given == 2 and message["type"] == "http.response.body":
            left.set()
            await asyncio.sleep(0)

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async with asyncio.timeout(5):
        await PiecesResponse(source.pieces())(SCOPE, receive, send)
    assert source.closed
    assert source.given in (2, 3)


async def test_what_was_wrong_with_the_request_s_own_body_ends_the_answer() -> None:
    source = Source()

    async def send(_: Message) -> None:
        await asyncio.sleep(0)

    async def receive() -> Message:
        raise RequestTimeout

    with pytest.raises(RequestTimeout):
        await PiecesResponse(source.pieces())(SCOPE, receive, send)
    assert source.closed
    assert source.given < 4


async def test_whoever_leaves_before_the_first_byte_leaves_nothing_open() -> None:
    source = Source()
    pieces = source.pieces()
    first = await anext(pieces)

    async def send(_: Message) -> None:
        raise OSError("gone")

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(OSError, match="gone"):
        await PiecesResponse(pieces, first=first)(SCOPE, receive, send)
    assert source.closed


async def test_what_was_read_before_is_sent_first_and_once() -> None:
    source, sent = Source(), list[bytes]()
    pieces = source.pieces()
    await anext(pieces)

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await PiecesResponse(pieces, first=b"first")(SCOPE, receive, send)
    assert sent == [b"", b"first", b"piece", b"piece", b"piece", b""]
