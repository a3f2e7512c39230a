"""A long answer, a piece at a time, for as long as there is somebody to hear it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class PiecesResponse(StreamingResponse):
    """Bytes as they come; what they are read from is closed when they end, or when the client leaves.

    `first` has been read from it before: a generator that nobody has begun to read would close nothing.
    The framework's own answer runs a group of two tasks, which costs more than most pieces do.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        first: bytes = b"",
    ) -> None:
        super().__init__(pieces, status_code, headers)
        self._pieces = pieces
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces; stop behind the one during which the client has gone."""
        del scope
        gone = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            async with aclosing(self._pieces) as pieces:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                piece: bytes | None = self._first or await anext(pieces, None)
                while piece is not None:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    if gone.done():
                        # Raises what was wrong with the request's own body, if anything was.
                        gone.result()
                        return
                    piece = await anext(pieces, None)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
