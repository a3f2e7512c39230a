"""The web app as one ASGI application, and where it stands beside the API."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from socialflow.kernel.config import Settings
from socialflow.web import errors
from socialflow.web.api_client import ApiProblem
from socialflow.web.assets import URL_PREFIX, Assets
from socialflow.web.context import ForeignForm, FormTooLarge, LoginNeeded, Site
from socialflow.web.pages import routers
from socialflow.web.templating import environment

HERE = Path(__file__).parent
# Paths that are never pages: an unknown one is answered by the API, with a problem document.
NOT_PAGES = ("/api", "/livez", "/readyz", "/metrics", "/media", "/.well-known")


class WebMount(Mount):
    """Everything that is not the API's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a path unless it belongs to the API."""
        path = scope.get("path", "")
        if scope["type"] != "http" or any(path == prefix or path.startswith(f"{prefix}/") for prefix in NOT_PAGES):
            return Match.NONE, {}
        return super().matches(scope)


class HeadAsGet:
    """Answers HEAD as GET without the body; the framework's routes know GET alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, headers_only)


def build(api: ASGIApp, settings: Settings) -> FastAPI:
    """Make the web app, a client of `api`."""
    watched = settings.environment == "development"
    assets = Assets(HERE / "static", watched=watched)
    app = FastAPI(title=settings.instance_name, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.site = Site(api, settings, assets, environment(HERE / "templates", assets, watched=watched))

    async def static(request: Request) -> Response:
        answer = assets.answer(request.path_params["name"], request)
        if answer is None:
            raise HTTPException(404)
        return answer

    app.add_route(URL_PREFIX + "/{name:path}", static, methods=["GET"])
    for router in routers(settings):
        app.include_router(router)

    handlers: dict[Any, Any] = {
        ApiProblem: errors.on_problem,
        LoginNeeded: errors.on_login_needed,
        ForeignForm: errors.on_foreign_form,
        FormTooLarge: errors.on_form_too_large,
        HTTPException: errors.on_http,
        RequestValidationError: errors.on_bad_address,
        Exception: errors.on_crash,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    return app


def mount(api: FastAPI, settings: Settings) -> None:
    """Put the web app beside the API, behind every route that the API already has."""
    api.router.routes.append(WebMount("/", app=HeadAsGet(build(api, settings)), name="web"))
