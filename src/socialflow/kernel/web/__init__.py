"""HTTP: how a domain's verbs meet the web. Everything that holds for every route is here, once."""

from socialflow.kernel.etags import edition_etag, etag_of
from socialflow.kernel.web.auth import Reader, Viewer, get_actor, get_reader, get_viewer
from socialflow.kernel.web.details import problem_response, problems
from socialflow.kernel.web.requests import client_address, require_edition, require_match
from socialflow.kernel.web.routes import Route, answered_before, once, router, shared_response, shows
from socialflow.kernel.web.works import CurrentApp, InWork, get_app, port_of

__all__ = [
    "CurrentApp",
    "InWork",
    "Reader",
    "Route",
    "Viewer",
    "answered_before",
    "client_address",
    "edition_etag",
    "etag_of",
    "get_actor",
    "get_app",
    "get_reader",
    "get_viewer",
    "once",
    "port_of",
    "problem_response",
    "problems",
    "require_edition",
    "require_match",
    "router",
    "shared_response",
    "shows",
]
