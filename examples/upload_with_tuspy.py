"""Upload a video with tuspy, a tus client that knows nothing of Social Flow, through a broken connection.

`python examples/upload_with_tuspy.py FILE [ADDRESS]`; needs `pip install tuspy httpx2`.
"""

import sys
import time
from pathlib import Path
from uuid import uuid4

import httpx2
from tusclient.client import TusClient

PIECE = 1024**2
PATIENCE_SECONDS = 180


def main(file: Path, address: str = "http://localhost:8000") -> None:
    """Sign up, upload half of the file, forget everything but the address, upload the rest, wait."""
    api = f"{address}/api/v1"
    token = sign_up(api)
    headers = {"Authorization": f"Bearer {token}"}

    client = TusClient(f"{api}/uploads", headers=headers)
    first = client.uploader(str(file), chunk_size=PIECE, metadata={"filename": file.name, "filetype": "video/mp4"})
    first.upload(stop_at=max(PIECE, file.stat().st_size // 2))
    print(f"sent {first.offset} of {first.get_file_size()} bytes, then the connection broke")

    # Another process, later: all it knows is the upload's address.
    again = TusClient(f"{api}/uploads", headers=headers).uploader(str(file), chunk_size=PIECE, url=first.url)
    print(f"the server has {again.offset} bytes; going on from there")
    again.upload()

    body = {"upload_id": str(first.url).rpartition("/")[2], "title": file.stem, "visibility": "unlisted"}
    video = httpx2.post(f"{api}/videos", json=body, headers=headers).raise_for_status().json()
    playable = wait_until_playable(f"{api}/videos/{video['id']}", headers)
    master = httpx2.get(address + playable["playback"]["hls_url"]).raise_for_status()
    print(f"{playable['title']!r} is {playable['state']}; its master playlist has {len(master.text)} characters")


def sign_up(api: str) -> str:
    """Make an account and return its access token."""
    handle = f"tus_{uuid4().hex[:8]}"
    body = {"email": f"{handle}@example.org", "password": uuid4().hex, "handle": handle, "display_name": "Tus"}
    return str(httpx2.post(f"{api}/auth/register", json=body).raise_for_status().json()["access_token"])


def wait_until_playable(url: str, headers: dict[str, str]) -> dict:
    """Ask until there is something to watch; fails when there never will be."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        video = httpx2.get(url, headers=headers).raise_for_status().json()
        if video["state"] in ("partially_playable", "ready"):
            return video
        if video["state"] == "failed":
            sys.exit(f"the file was refused: {video['failure']['detail']}")
        time.sleep(0.5)
    sys.exit("the video did not become playable in time")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python examples/upload_with_tuspy.py FILE [ADDRESS]")
    main(Path(sys.argv[1]), *sys.argv[2:3])
