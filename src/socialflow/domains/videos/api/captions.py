"""Routes of captions."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response, Security
from pydantic import StringConstraints

from socialflow.domains.media import service as media
from socialflow.domains.media.errors import (
    AutomaticCaptionsOff,
    CaptionsTooLarge,
    CaptionsUnreadable,
    NoFileYet,
    NothingIsSaid,
    TooManyCaptions,
    TooManyCues,
)
from socialflow.domains.media.schemas import (
    LONGEST_LABEL,
    AutomaticCaptions,
    AutomaticCaptionsCreate,
    CaptionTrack,
    CaptionTrackPage,
    CaptionUpdate,
    Cues,
)
from socialflow.domains.media.service import CaptionKind
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import NotYourVideo
from socialflow.kernel.errors import NotFound, PreconditionFailed, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.texts import LINE, SEEN
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    edition_etag,
    get_actor,
    get_reader,
    problems,
    require_edition,
    router,
    shows,
)
from socialflow.kernel.work import Actor

captions = router("captions", reads="video")

# RFC 5646 without what is grandfathered or private: language, script, region, variants.
TAG = r"^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3})){0,2}$"
Language = Annotated[str, Path(pattern=TAG, description="A language tag (BCP 47).", examples=["en", "pt-BR"])]
LabelQuery = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LABEL), SEEN, LINE] | None,
    Query(description="What viewers choose it by; the language's own name unless something else is given."),
]
KindQuery = Annotated[CaptionKind | None, Query(description="`captions` unless something else is given.")]
DefaultQuery = Annotated[bool | None, Query(description="Whether it is shown unless the viewer chose otherwise.")]
BYTES = {"schema": {"type": "string", "format": "binary"}}
FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": BYTES}}}
WRITING = (Unauthorized, NotYourVideo, NotFound, NoFileYet)
# A file of the largest size is a second of work and some megabytes, in several forms, that no quota counts.
WRITE_POINTS = 20
Editor = Annotated[Actor, Security(get_actor, scopes=["write:videos"])]
writes = [Security(get_actor, scopes=["write:videos"])]
reads = [Security(get_reader, scopes=["read"])]


class CaptionFormat(StrEnum):
    """In which form captions are handed out."""

    VTT = "vtt"
    SRT = "srt"


TYPES = {CaptionFormat.VTT: "text/vtt", CaptionFormat.SRT: "application/x-subrip"}
TEXT: dict[str, Any] = {"schema": {"type": "string"}}


@captions.get(
    "/videos/{video_id}/captions",
    operation_id="listCaptions",
    response_model=CaptionTrackPage,
    responses=problems(NotFound),
    dependencies=reads,
)
async def list_captions(video_id: VideoId, work: InWork) -> dict[str, Any]:
    """The text tracks of a video, by language; players find them in `playback.captions`."""
    return {"items": list(await service.captions.tracks(work, video_id)), "next_cursor": None}


@captions.get(
    "/videos/{video_id}/captions/automatic",
    operation_id="getAutomaticCaptions",
    response_model=AutomaticCaptions,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=writes,
    openapi_extra=shows("own_video"),
)
async def get_automatic_captions(video_id: VideoId, work: InWork, app: CurrentApp) -> dict[str, Any]:
    """How far captions of one's own video that a program writes are; `off` where no program does."""
    return await service.captions.hearing(app, work, video_id)


@captions.post(
    "/videos/{video_id}/captions/automatic",
    operation_id="askForAutomaticCaptions",
    status_code=202,
    response_model=AutomaticCaptions,
    responses=problems(Unauthorized, NotYourVideo, NotFound, NoFileYet, AutomaticCaptionsOff, NothingIsSaid),
    dependencies=writes,
    # Hours of work behind one call.
    openapi_extra={"x-points": 100},
)
async def ask_for_automatic_captions(
    video_id: VideoId, body: AutomaticCaptionsCreate, work: InWork, app: CurrentApp
) -> dict[str, Any]:
    """Have captions written by a program, in the language that is spoken; what a person wrote is never replaced."""
    return await service.captions.hear(app, work, video_id, body.language)


@captions.put(
    "/videos/{video_id}/captions/{language}",
    operation_id="putCaptions",
    response_model=CaptionTrack,
    responses=problems(*WRITING, TooManyCaptions, CaptionsTooLarge, CaptionsUnreadable, TooManyCues),
    openapi_extra=FILE | {"x-points": WRITE_POINTS},
)
async def put_captions(
    video_id: VideoId,
    language: Language,
    request: Request,
    app: CurrentApp,
    actor: Editor,
    label: LabelQuery = None,
    kind: KindQuery = None,
    is_default: DefaultQuery = None,
) -> Any:
    """Give a video captions in a language, or replace those, by a file of SubRip, WebVTT or SubStation Alpha.

    What kind of file it is, and in which encoding, is seen from its bytes: UTF-8, UTF-16, else the Latin alphabet of
    Windows. Words, times, `<b>`, `<i>`, `<u>` and places are kept, nothing else; cues that overlap follow each other.
    """
    async with app.work(actor) as work:
        # Of whoever may not write nothing is read, and nobody is held while something is.
        await service.captions.may_write(work, video_id)
    cues = await service.captions.cues_of(await request.body())
    if not cues:
        raise CaptionsUnreadable
    wished = media.captions.Wished(label, kind, is_default)
    async with app.work(actor) as work:
        return CaptionTrack.model_validate(await service.captions.write(work, video_id, language, cues, wished))


@captions.patch(
    "/videos/{video_id}/captions/{language}",
    operation_id="updateCaptions",
    response_model=CaptionTrack,
    responses=problems(*WRITING),
    dependencies=writes,
)
async def update_captions(video_id: VideoId, language: Language, body: CaptionUpdate, work: InWork) -> Any:
    """Change what a text track is called, what it is, and whether it is shown by itself."""
    wished = media.captions.Wished(body.label, body.kind, body.is_default)
    return await service.captions.change(work, video_id, language, wished)


@captions.get(
    "/videos/{video_id}/captions/{language}/cues",
    operation_id="getCues",
    response_model=Cues,
    responses=problems(NotFound),
    dependencies=reads,
)
async def get_cues(video_id: VideoId, language: Language, work: InWork) -> Response:
    """What is said in one language, cue by cue. `If-Match` on an edit compares the `ETag`."""
    found = await service.captions.track(work, video_id, language)
    return _cues(found)


@captions.put(
    "/videos/{video_id}/captions/{language}/cues",
    operation_id="putCues",
    response_model=Cues,
    responses=problems(*WRITING, PreconditionFailed),
    dependencies=writes,
    openapi_extra={"x-points": WRITE_POINTS},
)
async def put_cues(video_id: VideoId, language: Language, body: Cues, work: InWork, request: Request) -> Response:
    """Write what is said in one language anew; captions that a program wrote are a person's from then on."""
    found = await service.captions.held(work, video_id, language)
    require_edition(request, found.edition)
    cues = [media.Cue(**cue.model_dump()) for cue in body.cues]
    return _cues(await service.captions.write(work, video_id, language, cues, media.captions.Wished()))


@captions.get(
    "/videos/{video_id}/captions/{language}/file",
    operation_id="getCaptionsFile",
    response_class=Response,
    responses={
        **problems(NotFound),
        200: {"description": "The captions as a file.", "content": dict.fromkeys(TYPES.values(), TEXT)},
    },
    dependencies=reads,
)
async def get_captions_file(
    video_id: VideoId,
    language: Language,
    work: InWork,
    format: Annotated[CaptionFormat | None, Query(description="`vtt` unless something else is asked for.")] = None,  # noqa: A002  # the name of the query parameter
) -> Response:
    """Captions to keep, as WebVTT or SubRip."""
    found = await service.captions.track(work, video_id, language)
    wanted = format or CaptionFormat.VTT
    cues = [media.Cue(**row) for row in found.cues]
    text = media.to_vtt(cues) if wanted is CaptionFormat.VTT else media.to_srt(cues)
    headers = {"Content-Disposition": f'attachment; filename="captions.{found.language}.{wanted.value}"'}
    return Response(text, headers=headers, media_type=TYPES[wanted])


@captions.delete(
    "/videos/{video_id}/captions/{language}",
    operation_id="deleteCaptions",
    status_code=204,
    responses=problems(*WRITING),
    dependencies=writes,
)
async def delete_captions(video_id: VideoId, language: Language, work: InWork) -> Response:
    """Take the captions in one language away."""
    await service.captions.remove(work, video_id, language)
    return Response(status_code=204)


def _cues(found: Any) -> Response:
    body = service.dump({"cues": found.cues})
    return Response(body, headers={"ETag": edition_etag(found.edition, body)}, media_type="application/json")
