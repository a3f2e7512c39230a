"""A range service of lost passwords on this machine, which remembers what it was asked."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class RangeService:
    """Its losses by password, and how it fails where a test asks for that."""

    url: str = ""
    lost: dict[str, int] = field(default_factory=dict)
    status: int = 200
    body: bytes | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def answer(self, path: str) -> bytes:
        """The lines of a range, and padding as the protocol has it."""
        if self.body is not None:
            return self.body
        prefix = path.rpartition("/")[2]
        found = ((digest_of(password), count) for password, count in self.lost.items())
        lines = [f"{digest[5:]}:{count}" for digest, count in found if digest.startswith(prefix)]
        return "\r\n".join([*lines, f"{'0' * 34}A:0", f"{'F' * 35}:3"]).encode()


def digest_of(password: str) -> str:
    """SHA-1 in capital hexadecimal digits."""
    return hashlib.sha1(password.encode()).hexdigest().upper()


@contextmanager
def range_service() -> Iterator[RangeService]:
    """Serve until the block ends."""
    service = RangeService()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class names it
            service.asked.append((self.path, self.headers.get("Add-Padding")))
            body = service.answer(self.path)
            self.send_response(service.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
