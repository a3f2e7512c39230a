"""A small client of the public API, as any third party could have written it."""

import base64
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

PREFIX = "/api/v1"
PIECE_BYTES = 8 * 1024**2
PATIENCE_SECONDS = 240.0
PAUSE_SECONDS = 0.5
WATCHABLE = {"partially_playable", "ready"}


class Refused(Exception):
    """The API said no; the text is its reason."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class Client:
    """Somebody at the API."""

    def __init__(self, address: str) -> None:
        self._http = httpx2.Client(base_url=address, timeout=30.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """One request; returns the JSON of the answer, or raises Refused."""
        return self._read(self._http.request(method, f"{PREFIX}{path}", json=body, params=params or None))

    def enter(self, handle: str, name: str, password: str) -> dict[str, Any]:
        """Log in, or sign up where there is nobody of that name; returns the account."""
        try:
            given = self.call("POST", "/auth/login", {"login": handle, "password": password})
        except Refused as refusal:
            if refusal.status != httpx2.codes.UNAUTHORIZED:
                raise
            body = {"email": f"{handle}@demo.example", "password": password, "handle": handle, "display_name": name}
            given = self.call("POST", "/auth/register", body)
        self._http.headers["Authorization"] = f"Bearer {given['access_token']}"
        user: dict[str, Any] = given["user"]
        return user

    def upload(self, path: Path, *, filetype: str, purpose: str) -> str:
        """Send a file by tus 1.0 in pieces; returns the id of the upload."""
        metadata = {"filename": path.name, "filetype": filetype, "purpose": purpose}
        made = self._http.post(
            f"{PREFIX}/uploads",
            headers={
                "Tus-Resumable": "1.0.0",
                "Upload-Length": str(path.stat().st_size),
                "Upload-Metadata": ",".join(
                    f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
                ),
            },
        )
        self._read(made)
        place = made.headers["Location"]
        offset = 0
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                headers = {
                    "Tus-Resumable": "1.0.0",
                    "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream",
                }
                sent = self._http.patch(place, content=piece, headers=headers)
                self._read(sent)
                offset = int(sent.headers["Upload-Offset"])
        return str(place).rstrip("/").rpartition("/")[2]

    def wait_until_watchable(self, video_id: str) -> dict[str, Any]:
        """Wait for a video to become playable; raises Refused where it never does."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            video: dict[str, Any] = self.call("GET", f"/videos/{video_id}")
            if video["state"] in WATCHABLE:
                return video
            if video["state"] == "failed":
                raise Refused(200, "failed", f"{video['title']} could not be processed")
            time.sleep(PAUSE_SECONDS)
        raise Refused(200, "slow", f"{video_id} is not playable after {PATIENCE_SECONDS:g} s")

    @staticmethod
    def _read(answer: httpx2.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        raise Refused(answer.status_code, problem.get("code", "error"), problem.get("detail", answer.text[:200]))
