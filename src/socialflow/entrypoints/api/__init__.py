"""The API process: routes of every domain under `/api/v1`, probes, the web app, and a graceful end."""

from socialflow.entrypoints.api.application import build
from socialflow.entrypoints.api.server import run

__all__ = ["build", "run"]
