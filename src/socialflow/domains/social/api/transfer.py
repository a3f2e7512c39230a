"""Routes of taking one's graph along."""

from typing import Annotated, Any

from fastapi import Path, Request, Response, Security
from starlette.responses import StreamingResponse

from socialflow.domains.social.errors import ImportTooLarge, UnreadableImport
from socialflow.domains.social.schemas import GraphKind, ImportReport
from socialflow.domains.social.service import transfer as service
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.web import CurrentApp, get_actor, problems, router, shows
from socialflow.kernel.work import Actor

transfer = router("follows")

CSV: dict[str, Any] = {"schema": {"type": "string"}}
FILE = {"requestBody": {"required": True, "content": {"text/csv": CSV}}}
# Thousands of lines are read, or written.
READ_POINTS, WRITE_POINTS = 10, 100
Kind = Annotated[GraphKind, Path(description="Which part of the graph.")]


@transfer.get(
    "/me/graph/{kind}",
    operation_id="exportGraph",
    response_class=Response,
    responses={**problems(Unauthorized), 200: {"content": {"text/csv": CSV}, "description": "The file"}},
    openapi_extra={"x-points": READ_POINTS, **shows("own")},
)
async def export_graph(
    kind: Kind, app: CurrentApp, viewer: Annotated[Actor, Security(get_actor, scopes=["read"])]
) -> Response:
    """Whom one follows, has blocked or muted, or has on one's lists, as comma separated values that Mastodon reads."""
    headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(service.exported(app, viewer, kind), 200, headers, "text/csv")


@transfer.post(
    "/me/graph/{kind}",
    operation_id="importGraph",
    response_model=ImportReport,
    responses=problems(Unauthorized, ImportTooLarge, UnreadableImport),
    openapi_extra={"x-points": WRITE_POINTS, "x-idempotent": False, **FILE},
)
async def import_graph(
    kind: Kind,
    app: CurrentApp,
    request: Request,
    viewer: Annotated[Actor, Security(get_actor, scopes=["write:follows", "write:blocks", "write:lists"])],
) -> ImportReport:
    """Follow, block, mute or put on lists whom a file names, in the forms that Mastodon writes.

    Every line is told of; what one cannot do stops no other, and doing it again does nothing twice. Half a megabyte
    and 2,000 lines at most: larger files are to be split.
    """
    found = service.entries(await service.taken(request.stream()), kind)
    return await service.imported(app, viewer, kind, found)
