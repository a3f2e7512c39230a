"""What the fake API says of the files of videos."""

from typing import Any


async def files_of_video(key: str) -> Any:
    """One file, which is shown."""
    made = "2026-11-01T10:00:00Z"
    line = {
        "upload_id": key.replace("vid_", "upl_"),
        "asset_id": key.replace("vid_", "ast_"),
        "state": "current",
        "failure_code": None,
        "failure_detail": None,
        "created_at": made,
        "shown_at": made,
        "ended_at": None,
    }
    return {"pending": None, "files": [line]}
