"""Two people: one publishes a video, the other follows, finds it in the feed, likes it and comments.

`python examples/follow_and_feed.py FILE [ADDRESS]`; needs `pip install httpx2`. The second person hears of the first
one's progress by server-sent events, as an app would.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

PIECE = 8 * 1024**2


def main(file: Path, address: str = "http://localhost:8000") -> None:
    """The story."""
    with person(address, "maker") as maker, person(address, "friend") as friend:
        channel = read(maker.get("/me"))["channel_id"]
        read(friend.put(f"/follows/{channel}"))
        print(f"friend follows {channel}")

        upload = send(maker, file)
        body = {"upload_id": upload, "title": "A day out", "tags": ["walk"], "visibility": "public"}
        video = read(maker.post("/videos", json=body))
        for news in progress(maker, video["id"]):
            print(f"  {news['state']} {news['progress']:.0%}")
            if news["state"] in ("partially_playable", "ready"):
                break
            if news["state"] == "failed":
                sys.exit(f"the file was refused: {news['failure']}")

        entry = next(item for item in pages(friend, "/feed/following") if item["video"]["id"] == video["id"])
        print(f"friend's feed: {entry['video']['title']!r} because {entry['reason']}")

        read(friend.put(f"/likes/{video['id']}"))
        comment = read(friend.post("/comments", json={"subject_id": video["id"], "text": "Wish I had been there"}))
        reply = {"subject_id": video["id"], "parent_id": comment["id"], "text": "Next time!"}
        read(maker.post("/comments", json=reply))

        marks = read(friend.get("/me/marks", params={"subject_ids": video["id"]}))
        shown = read(maker.get(f"/videos/{video['id']}"))
        print(f"likes {shown['like_count']}, comments {shown['comment_count']}, friend's marks {marks}")
        if shown["like_count"] != 1 or shown["comment_count"] != 2:
            sys.exit("the counts are wrong")


def person(address: str, name: str) -> httpx2.Client:
    """Sign somebody up; a client that speaks as them."""
    handle = f"{name}_{uuid4().hex[:8]}"
    body = {"email": f"{handle}@example.org", "password": uuid4().hex, "handle": handle, "display_name": name.title()}
    given = read(httpx2.post(f"{address}/api/v1/auth/register", json=body))
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    return httpx2.Client(base_url=f"{address}/api/v1", headers=headers, timeout=30)


def send(client: httpx2.Client, file: Path) -> str:
    """Upload a file by tus, piece by piece; the id of the upload."""
    tus = {"Tus-Resumable": "1.0.0"}
    name = base64.b64encode(file.name.encode()).decode()
    size = str(file.stat().st_size)
    made = client.post("/uploads", headers={**tus, "Upload-Length": size, "Upload-Metadata": f"filename {name}"})
    upload = made.raise_for_status().headers["Location"].rpartition("/")[2]
    offset = 0
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            headers = {**tus, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            sent = client.patch(f"/uploads/{upload}", content=piece, headers=headers)
            offset = int(sent.raise_for_status().headers["Upload-Offset"])
    return upload


def progress(client: httpx2.Client, video: str) -> Iterator[dict[str, Any]]:
    """What happens to a video, as it happens: each `data:` line holds one JSON document."""
    with client.stream("GET", "/events", params={"topics": f"video:{video}"}, timeout=None) as stream:
        for line in stream.raise_for_status().iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))["data"]


def pages(client: httpx2.Client, path: str) -> Iterator[dict[str, Any]]:
    """Every item of a list, page after page."""
    cursor = None
    while True:
        page = read(client.get(path, params={"limit": 20} | ({"cursor": cursor} if cursor else {})))
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def read(answer: httpx2.Response) -> Any:
    """The JSON of an answer; a refusal ends the story with its reason."""
    if answer.is_error:
        problem = answer.json()
        sys.exit(f"{answer.request.method} {answer.request.url}: {problem['code']}: {problem['detail']}")
    return answer.json() if answer.content else None


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python examples/follow_and_feed.py FILE [ADDRESS]")
    main(Path(sys.argv[1]), *sys.argv[2:3])
