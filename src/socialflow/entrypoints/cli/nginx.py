"""`socialflow nginx`: the configuration of an nginx in front, made of the settings in force."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from socialflow.kernel import config
from socialflow.kernel.config import InvalidSettings, Settings

HERE = Path(__file__).parent
# What can stand in the configuration without quotes, and cannot end a word there.
WORD = re.compile(r"[A-Za-z0-9_./:\[\]*-]+")
CACHE = """
proxy_cache_path @FOLDER@ levels=1:2 keys_zone=socialflow_grants:10m max_size=64m inactive=10s use_temp_path=off;
"""
TLS = """
    ssl_certificate     @CERTIFICATE@;
    ssl_certificate_key @KEY@;
"""


def nginx(
    direct: Annotated[bool, typer.Option(help="Send large files without passing each request to the API.")] = False,
    listen: Annotated[
        str | None, typer.Option(help="Address and port to listen on; default: 443 with TLS, or 80.")
    ] = None,
    upstream: Annotated[str | None, typer.Option(help="Where the API is; default: from the settings.")] = None,
    certificate: Annotated[str, typer.Option(help="Certificate, PEM.")] = "/etc/ssl/socialflow.pem",
    key: Annotated[str, typer.Option(help="Its key, PEM.")] = "/etc/ssl/socialflow.key",
    cache: Annotated[
        str, typer.Option(help="Folder of answers that are kept for a second.")
    ] = "/var/cache/nginx/socialflow",
    log: Annotated[str, typer.Option(help="Access log.")] = "/var/log/nginx/socialflow.log",
) -> None:
    """Print the configuration of an nginx that stands in front."""
    settings = config.load()
    public = urlsplit(settings.public_url)
    tls = public.scheme == "https"
    words = {
        "UPSTREAM": upstream or f"{settings.http.host}:{settings.http.port}",
        "NAME": public.hostname or "_",
        "LISTEN": listen or ("443" if tls else "80"),
        "ROOT": str(_root(settings)),
        "DOWNLOADS": str(settings.media.downloads_at_once),
        "LOG": log,
        "FOLDER": cache,
        "CERTIFICATE": certificate,
        "KEY": key,
    }
    for name, word in words.items():
        if not WORD.fullmatch(word):
            raise InvalidSettings(f"{word!r} cannot stand in an nginx configuration ({name.lower()})")
    words["LISTEN"] += " ssl" if tls else ""
    text = (HERE / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("@CACHE@", CACHE if direct else "").replace("@TLS@", TLS if tls else "")
    text = text.replace("@DIRECT@", (HERE / "nginx-direct.conf").read_text(encoding="utf-8") if direct else "")
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    typer.echo(text, nl=False)


def _root(settings: Settings) -> Path:
    if settings.storage.kind != "local" or not settings.media.x_accel:
        raise InvalidSettings(
            "nginx can send files of a local store only, and only when the API lets it: SF_STORAGE__KIND=local"
            " and SF_MEDIA__X_ACCEL=true"
        )
    return settings.storage_root.resolve()
