"""What the three people do: sign up, follow each other, show their clips, like and comment.

Telling it twice is telling it once.
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from socialflow.entrypoints.demo.client import Client
from socialflow.entrypoints.demo.clips import make_clip, make_picture
from socialflow.entrypoints.demo.people import CLIPS, PASSWORD, PEOPLE, Clip

Say = Callable[[str], None]


def tell(address: str, ffmpeg: Path, say: Say) -> None:
    """Play the whole story against the API at `address`."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="socialflow-demo-")))
        clients = {person.handle: stack.enter_context(Client(address)) for person in PEOPLE}
        _introduce(clients, ffmpeg, scratch)

        shown: list[tuple[Clip, str]] = []
        for clip in CLIPS:
            video_id, is_new = _show(clients[clip.owner], clip, ffmpeg, scratch)
            if is_new:
                shown.append((clip, video_id))
                say(f"uploaded {clip.title!r}")
        for clip, video_id in shown:
            clients[clip.owner].wait_until_watchable(video_id)
            _answer(clients, clip, video_id)
            say(f"{clip.title!r} can be watched")


def _introduce(clients: dict[str, Client], ffmpeg: Path, scratch: Path) -> None:
    channels = {}
    for person in PEOPLE:
        client = clients[person.handle]
        client.enter(person.handle, person.name, PASSWORD)
        channel = client.call("GET", f"/channels/@{person.handle}")
        channels[person.handle] = channel["id"]
        if not channel.get("bio"):
            picture = make_picture(ffmpeg, person.colours, scratch / f"{person.handle}.png")
            upload_id = client.upload(picture, filetype="image/png", purpose="avatar")
            client.call("PATCH", f"/channels/{channel['id']}", {"bio": person.bio, "avatar_upload_id": upload_id})
    for person in PEOPLE:
        for other in person.follows:
            clients[person.handle].call("PUT", f"/follows/{channels[other]}")


def _show(client: Client, clip: Clip, ffmpeg: Path, scratch: Path) -> tuple[str, bool]:
    """The clip's video, and whether it was uploaded now."""
    channel = client.call("GET", f"/channels/@{clip.owner}")
    present = client.call("GET", "/videos", channel_id=channel["id"], limit=100)["items"]
    for video in present:
        if video["title"] == clip.title:
            return video["id"], False

    file = make_clip(ffmpeg, clip.scene, scratch / f"{clip.scene}.mp4")
    upload_id = client.upload(file, filetype="video/mp4", purpose="video")
    body = {
        "upload_id": upload_id,
        "title": clip.title,
        "description": clip.description,
        "visibility": "public",
        "tags": list(clip.tags),
    }
    return client.call("POST", "/videos", body)["id"], True


def _answer(clients: dict[str, Client], clip: Clip, video_id: str) -> None:
    for handle in clip.liked_by:
        clients[handle].call("PUT", f"/likes/{video_id}")
    for handle, text in clip.comments:
        clients[handle].call("POST", "/comments", {"subject_id": video_id, "text": text})
