"""The bytes of a request on their way to the service, whatever protocol they came by."""

import asyncio
import uuid
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from socialflow.domains.media.api import headers as tus
from socialflow.domains.media.errors import UploadStalled
from socialflow.domains.media.service import intake
from socialflow.domains.media.service.intake import Checksum, Position
from socialflow.kernel.errors import Problem, Unavailable
from socialflow.kernel.work import Actor, App

# Without a byte for so long the sender is taken for gone; what it sent is kept.
STALL_SECONDS = 60.0


class Body:
    """The bytes of a request, until they end, stop, or the server wants to go."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._draining: asyncio.Event = request.app.state.draining
        self.failure: Problem | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """As they come; a broken connection is the end and no failure, since what came is kept."""
        stream = self._request.stream()
        while True:
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    chunk = await anext(stream)
            except (StopAsyncIteration, ClientDisconnect):
                return
            except TimeoutError:
                self.failure = UploadStalled(headers={"Connection": "close"})
                return
            if chunk:
                yield chunk
            if self._draining.is_set():
                self.failure = Unavailable(retry_after=1, headers={"Connection": "close"})
                return


async def receive(
    request: Request,
    app: App,
    actor: Actor,
    upload_id: uuid.UUID,
    *,
    offset: int,
    checksum: Checksum | None,
    closes: bool = True,
) -> Position:
    """Keep the bytes of a request; raises what stopped them, with the offset that was reached."""
    body = Body(request)
    position = await intake.receive(
        app,
        actor,
        upload_id,
        offset=offset,
        chunks=body.chunks(),
        declared=tus.declared_length(request.headers),
        checksum=checksum,
        closes=closes,
    )
    if body.failure is not None:
        body.failure.headers["Upload-Offset"] = str(position.offset)
        raise body.failure
    return position
