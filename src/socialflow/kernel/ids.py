"""Identifiers: a type prefix and a time-ordered UUIDv7, `vid_01jd...`; inside, a plain UUID.

The 128 bits are written in Crockford's base 32 (lower case, 26 characters), as TypeID does, so
that text order is time order. https://github.com/jetify-com/typeid
"""

import uuid
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import uuid_utils
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
# Ten bits at a time, and the last ones remembered: pages of lists write many ids, and the same ones again.
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
_SHIFTS = range(120, -1, -10)
REMEMBERED = 20_000


class MalformedId(ValueError):
    """The text is not an identifier of the wanted type."""


def new() -> uuid.UUID:
    """A fresh UUIDv7 (RFC 9562): sortable by the millisecond it was made in."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


@lru_cache(maxsize=REMEMBERED)
def show(prefix: str, value: uuid.UUID) -> str:
    """The outside form: `show("vid", uuid)` is `vid_` and 26 characters."""
    number = value.int
    return f"{prefix}_{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"


def parse(prefix: str, text: str) -> uuid.UUID:
    """The UUID behind an outside form; raises MalformedId for anything else."""
    kind, _, body = text.partition("_")
    if kind != prefix or len(body) != LENGTH or body[0] > "7":
        raise MalformedId(text[:40])
    number = 0
    for letter in body:
        value = _VALUES.get(letter)
        if value is None:
            raise MalformedId(text[:40])
        number = number << 5 | value
    return uuid.UUID(int=number)


class Typed:
    """Pydantic's view of an identifier: accepts the outside form or a UUID, writes the outside form."""

    registry: ClassVar[dict[str, str]] = {}

    def __init__(self, prefix: str, noun: str) -> None:
        self.prefix = prefix
        self.noun = noun
        self.registry[prefix] = noun

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> uuid.UUID:
            if isinstance(value, uuid.UUID):
                return value
            try:
                return parse(self.prefix, value if isinstance(value, str) else "")
            except MalformedId:
                raise PydanticCustomError("malformed_id", "not a {noun} id", {"noun": self.noun}) from None

        return core_schema.no_info_plain_validator_function(
            read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: show(self.prefix, value), return_schema=core_schema.str_schema()
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": f"^{self.prefix}_[0-7][{ALPHABET}]{{25}}$",
            "examples": [f"{self.prefix}_01jdxyz7q4e5v8w9r0t1y2p3a4"],
        }


AccountId = Annotated[uuid.UUID, Typed("acc", "account")]
ConnectionId = Annotated[uuid.UUID, Typed("con", "connection")]
SessionId = Annotated[uuid.UUID, Typed("ses", "session")]
PasskeyId = Annotated[uuid.UUID, Typed("psk", "passkey")]
TokenId = Annotated[uuid.UUID, Typed("pat", "personal token")]
ChannelId = Annotated[uuid.UUID, Typed("chn", "channel")]
UploadId = Annotated[uuid.UUID, Typed("upl", "upload")]
AssetId = Annotated[uuid.UUID, Typed("ast", "asset")]
VideoId = Annotated[uuid.UUID, Typed("vid", "video")]
PostId = Annotated[uuid.UUID, Typed("pst", "post")]
CommentId = Annotated[uuid.UUID, Typed("cmt", "comment")]
InviteId = Annotated[uuid.UUID, Typed("inv", "invite")]
JobId = Annotated[uuid.UUID, Typed("job", "job")]
AppId = Annotated[uuid.UUID, Typed("app", "app")]
EditId = Annotated[uuid.UUID, Typed("edt", "edit")]
EmojiId = Annotated[uuid.UUID, Typed("emo", "emoji")]
EventId = Annotated[uuid.UUID, Typed("evt", "event")]
ExportId = Annotated[uuid.UUID, Typed("exp", "export")]
PlaylistId = Annotated[uuid.UUID, Typed("ply", "playlist")]
PlaylistItemId = Annotated[uuid.UUID, Typed("itm", "item of a playlist")]
WatchId = Annotated[uuid.UUID, Typed("wch", "entry of the history")]
ListId = Annotated[uuid.UUID, Typed("lst", "list")]
MuteId = Annotated[uuid.UUID, Typed("mut", "mute")]
