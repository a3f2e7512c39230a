"""The bundled web app: pages rendered on the server, alive where they must be, and a client of the public API."""

from socialflow.web.app import mount

__all__ = ["mount"]
