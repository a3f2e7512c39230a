"""Playback: made from a row that somebody else has joined, without another look at the database."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from socialflow.domains.media.models import Access, AssetState
from socialflow.domains.media.service.delivery import (
    BY_CDN,
    CHAPTERS,
    KEYS,
    LICENSE,
    MANIFEST,
    MASTER,
    NOBODY,
    PHOTO,
    POSTER,
    PREVIEW,
    STORYBOARD,
    WAVEFORM,
    Holder,
    address,
    expiry,
)
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.cdn import Cdn
from socialflow.ports.packaging import Protection

ADDRESSES = ("hls_url", "dash_url", "poster", "storyboard", "preview", "waveform", "chapters")


def playback_card(app: App, row: Mapping[str, Any], now: datetime, *, holder: Holder = NOBODY) -> dict[str, Any]:
    """The members of a `Playback`, for somebody who may watch.

    `holder` is who asks, where the answer is for them alone: signed addresses end with their session, and with
    their right to see it. An answer that others may get, too, must not be bound to anybody.

    `row` has `asset_id` and the columns `access, access_epoch, version, thumbhash, width, height, duration_ms,
    has_video, extras` of the asset, and `has_storyboard`. A poster is published before or with the first picture.
    """
    extras = row["extras"] or {}
    shield = extras.get("shield")
    # What is everybody's is signed all the same where it is protected, since the key is never without a signature.
    expires_at = expiry(app, now) if row["access"] != Access.OPEN or shield else None
    folder = address(app, row["asset_id"], "", row["access_epoch"], expires_at, holder=holder)
    return {
        "hls_url": folder + MASTER,
        "dash_url": folder + MANIFEST if shield is None or shield["protection"] != Protection.AES128 else None,
        "protection": _protection(folder, shield) if shield else None,
        "poster": folder + POSTER + edition_of(extras.get("poster")) if row["has_video"] else None,
        "storyboard": folder + STORYBOARD if row["has_storyboard"] else None,
        "preview": folder + PREVIEW if "preview" in extras else None,
        "waveform": folder + WAVEFORM if "waveform" in extras else None,
        "thumbhash": row["thumbhash"],
        "width": row["width"],
        "height": row["height"],
        "duration_ms": row["duration_ms"],
        "captions": [caption(folder, each) for each in extras.get("captions", ())],
        "chapters": f"{folder}{CHAPTERS}{edition_of(extras['chapters'])}" if "chapters" in extras else None,
        "expires_at": expires_at,
        "cache_key": f"{ids.show('ast', row['asset_id'])}.{row['version']}",
    }


@dataclass(frozen=True, slots=True)
class ByCdn:
    """A playback by the CDN: the card, and what has to be sent to it as cookies, until a time."""

    card: dict[str, Any]
    cookies: Mapping[str, str]
    path: str
    until: datetime


def playback_by_cdn(app: App, row: Mapping[str, Any], now: datetime, *, holder: Holder, in_query: bool) -> ByCdn:
    """The same by a CDN that checks signatures, for somebody who may watch; as ever where it has nothing to check."""
    own, cdn = playback_card(app, row, now, holder=holder), app.port(Cdn)
    if not cdn.signs or row["access"] != Access.SIGNED:
        return ByCdn(own, {}, "", now)
    folder = f"{BY_CDN}{ids.show('ast', row['asset_id'])}/"
    permit = cdn.permit(folder, own["expires_at"])
    query = cdn.query_of(permit) if in_query else ""

    def there(address: str | None) -> str | None:
        if address is None:
            return None
        name = address.rpartition("/")[2]
        joint = "&" if "?" in name else "?"
        return f"{cdn.url}{folder}{name}{joint}{query}" if query else f"{cdn.url}{folder}{name}"

    moved = {name: there(own[name]) for name in ADDRESSES}
    captions = [{**each, "url": there(each["url"])} for each in own["captions"]]
    return ByCdn({**own, **moved, "captions": captions}, {} if in_query else permit, folder, own["expires_at"])


def photo_url(app: App, photo: Mapping[str, Any], now: datetime, *, holder: Holder = NOBODY) -> str | None:
    """Where a photo is served, for somebody who may see it; None while it is not. `holder` as in `playback_card`.

    `photo` has `asset_id, state, access, access_epoch` of its asset.
    """
    if photo["state"] != AssetState.READY or photo["access"] == Access.CLOSED:
        return None
    expires_at = expiry(app, now) if photo["access"] != Access.OPEN else None
    return address(app, uuid.UUID(photo["asset_id"]), PHOTO, photo["access_epoch"], expires_at, holder=holder)


def _protection(folder: str, shield: Mapping[str, Any]) -> dict[str, Any]:
    clear = shield["protection"] == Protection.CLEARKEY
    return {
        "protection": shield["protection"],
        "key_id": shield["key_id"],
        "key_url": f"{folder}{KEYS}/{shield['key_id']}",
        "license_url": f"{folder}{LICENSE}" if clear else None,
    }


def caption(folder: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """A text track as players are told of it."""
    name = f"captions-{shown['language'].lower()}.vtt"
    about = {"language": shown["language"], "label": shown["label"], "kind": shown["kind"]}
    url = f"{folder}{name}{edition_of(shown['edition'])}"
    return {**about, "is_default": shown["default"], "automatic": shown["automatic"], "url": url}


def edition_of(number: int | None) -> str:
    """What makes the address of a file another one when its content is, whatever a browser has kept."""
    return f"?v={number}" if number else ""
