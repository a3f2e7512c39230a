"""Small files that browsers and crawlers ask for by fixed names."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from socialflow.web.assets import Assets
from socialflow.web.context import InWeb, Site
from socialflow.web.security import PAGE_HEADERS

router = APIRouter()
DAY = "public, max-age=86400"
PRIVATE = (
    "/api/",
    "/my/",
    "/settings",
    "/admin",
    "/upload",
    "/login",
    "/signup",
    "/forgot",
    "/reset",
    "/verify",
    "/email/",
    "/oauth/",
    "/device",
)
ROBOTS = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in PRIVATE)


@router.get("/manifest.webmanifest")
async def manifest(request: Request) -> Response:
    """What an installed app is called and looks like."""
    site: Site = request.app.state.site
    icons = [
        {"src": site.assets.url("img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": site.assets.url("img/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": site.assets.url("img/icon-maskable.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    body = {
        "name": site.settings.instance_name,
        "short_name": site.settings.instance_name,
        "id": "/",
        "start_url": "/",
        "display": "standalone",
        "background_color": "#0f1413",
        "theme_color": "#0f1413",
        "icons": icons,
    }
    return JSONResponse(body, headers={"Cache-Control": DAY}, media_type="application/manifest+json")


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The icon for whoever does not read the page."""
    assets: Assets = request.app.state.site.assets
    icon = assets.get("img/icon-32.png")
    return Response(icon.body if icon else b"", headers={"Cache-Control": DAY}, media_type="image/png")


@router.get("/robots.txt")
async def robots(request: Request) -> Response:
    """What crawlers need not read, and where they find what they may."""
    site: Site = request.app.state.site
    sitemap = f"Sitemap: {site.settings.public_url}/sitemap.xml\n"
    return PlainTextResponse(ROBOTS + "\n" + sitemap, headers={"Cache-Control": DAY})


@router.get("/sw.js")
async def service_worker(request: Request) -> Response:
    """The service worker that shows the offline page; at the root, since its folder is its reach."""
    assets: Assets = request.app.state.site.assets
    answer = assets.answer("js/sw.js", request) or Response(status_code=404)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = PAGE_HEADERS["Content-Security-Policy"]
    return answer


@router.get("/offline")
async def offline(web: InWeb) -> Response:
    """What is shown when the server cannot be reached; the same for everyone, so that it may be kept."""
    web.viewer = None
    # Nor may it be kept with somebody's cookie in it.
    web.api.set_cookies.clear()
    return web.html("offline.html", headers={"Cache-Control": "public, max-age=300"})
