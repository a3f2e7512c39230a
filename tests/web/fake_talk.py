"""Comments of the stand-in."""

from typing import Any


def comment(number: int, subject: str, author: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
    """A comment on something."""
    found = {
        "id": f"cmt_{number:026}",
        "subject_id": subject,
        "parent_id": None,
        "root_id": None,
        "depth": 0,
        "by_owner": False,
        "text": text,
        "facets": [],
        "photos": [],
        "state": "shown",
        "pinned": False,
        "hearted": False,
        "author": {key: author[key] for key in ("id", "handle", "display_name", "avatar_url", "verified")},
        "like_count": 0,
        "reply_count": 0,
        "created_at": "2026-11-23T12:00:00Z",
        "edited_at": None,
        "deleted": False,
    }
    return found | more


def suggested(channels: list[dict[str, Any]], followed: set[str]) -> list[dict[str, Any]]:
    """Whom somebody might want to follow: whom they do not follow yet."""
    told = {"reason": "similar_interests", "known_by": [], "tags": ["moths", "night"]}
    return [{"channel": each, **told} for each in channels if each["id"] not in followed]
