"""What this installation is, from the API's own description of itself."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import Json
from socialflow.web.context import InWeb
from socialflow.web.text import size, spoken

router = APIRouter()
SIGN_UP = {"open": "open to everyone", "invite": "by invite", "approval": "by approval of staff", "closed": "closed"}


@router.get("/about")
async def about(web: InWeb) -> Response:
    """Name, version and features."""
    return web.html("about.html", facts=facts(await web.api.get("/instance")))


def facts(instance: Json) -> list[tuple[str, str]]:
    """What is worth telling, as names and values."""
    software, features, limits = instance["software"], instance["features"], instance["limits"]
    return [
        ("Software", f"{software['name']} {software['version']}"),
        ("API", f"version {instance['api_version']}"),
        ("Address", str(instance["url"])),
        ("Sign-up", SIGN_UP[instance["sign_up"]["mode"]]),
        ("Largest upload", size(limits["max_upload_bytes"])),
        ("Longest video", spoken(limits["max_duration_ms"])),
        ("Space for each account", size(limits["quota_bytes"])),
        ("Playback", " and ".join(name.upper() for name in ("hls", "dash") if features[name])),
    ]
