"""Every operation that the API documents, so that an attack on one is an attack on all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from socialflow.entrypoints.api import openapi

METHODS = ("get", "post", "put", "patch", "delete")
# A path that nobody has: what it is of is in its name.
PREFIXES = {
    "account_id": "acc",
    "asset_id": "ast",
    "video_id": "vid",
    "channel_id": "chn",
    "comment_id": "cmt",
    "post_id": "pst",
    "quoting_id": "pst",
    "upload_id": "upl",
    "subject_id": "vid",
    "actor_id": "acc",
    "invite_id": "inv",
    "edit_id": "edt",
    "emoji_id": "emo",
    "export_id": "exp",
    "app_id": "app",
    "connection_id": "con",
    "passkey_id": "psk",
    "session_id": "ses",
    "token_id": "pat",
    "list_id": "lst",
    "playlist_id": "ply",
    "item_id": "itm",
    "watch_id": "wch",
    "mute_id": "mut",
}
OTHERS = {"language": "en", "kind": "follows", "tag": "sea", "what": "videos", "form": "rss", "number": "1"}
# Its body is open by RFC 7591, 2 and its refusals are the protocol's: attacked by tests of its own (A23, A27).
OPEN = {"registerClient"}
NOBODYS = "01jdxyz7q4e5v8w9r0t1y2p3a4"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    name: str
    parameters: tuple[dict[str, Any], ...]
    body: dict[str, Any] | None

    def url(self, **values: str) -> str:
        """The path, with ids of nothing where no other is given."""
        filled = self.path
        for parameter in self.named("path"):
            name = parameter["name"]
            filler = f"{PREFIXES[name]}_{NOBODYS}" if name in PREFIXES else OTHERS.get(name, "@nobody")
            filled = filled.replace("{" + name + "}", values.get(name, filler))
        return filled

    def named(self, place: str) -> list[dict[str, Any]]:
        """The parameters in a place: `path` or `query`."""
        return [parameter for parameter in self.parameters if parameter["in"] == place]

    def __str__(self) -> str:
        return self.name


def operations(api: FastAPI) -> Iterator[Operation]:
    """All of them, bodies resolved."""
    made = openapi.document(api)
    for path, item in made["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            found = item[method]
            content = found.get("requestBody", {}).get("content", {}).get("application/json")
            yield Operation(
                method.upper(),
                path,
                found["operationId"],
                tuple(found.get("parameters", ())),
                _resolved(made, content["schema"]) if content else None,
            )


def with_bodies(api: FastAPI) -> Iterator[tuple[Operation, dict[str, Any]]]:
    """Those that take one of our bodies, with its schema."""
    for operation in operations(api):
        if operation.body is not None and operation.name not in OPEN:
            yield operation, operation.body


def texts_of(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and schema of every property that may be text."""
    for name, found in schema.get("properties", {}).items():
        for option in found.get("anyOf", [found]):
            if option.get("type") == "string":
                yield name, option


def _resolved(made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: dict[str, Any] = made["components"]["schemas"][name] if name else schema
    return found
