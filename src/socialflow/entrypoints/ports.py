"""Choosing a port: the one asked for or a clear no, the usual one or the next that is free."""

import errno
import socket

TRIED = 100


class CannotServe(Exception):
    """There is no port to listen on; the text says what to do."""


def choose(host: str, wanted: int | None, usual: int) -> int:
    """A port on `host` that can be bound now."""
    if wanted is not None:
        if not is_free(host, wanted):
            raise CannotServe(f"Port {wanted} is in use: stop what uses it, or choose another with --port.")
        return wanted
    for port in range(usual, min(usual + TRIED, 65_536)):
        if is_free(host, port):
            return port
    raise CannotServe(f"No free port between {usual} and {usual + TRIED}: choose one with --port.")


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; raises CannotServe where the address itself is wrong."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise CannotServe(f"Cannot listen on {host}: {error.strerror}. Choose another with --host.") from None
    return True
