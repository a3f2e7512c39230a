"""The pages, one file a subject; each handler reads through the API and renders."""

from collections.abc import Iterator

from fastapi import APIRouter

from socialflow.kernel.config import Settings
from socialflow.web.pages import (
    about,
    account,
    activity,
    admin,
    admin_roles,
    apps,
    apps_admin,
    aside,
    beside,
    browse,
    channel,
    channel_team,
    channels,
    comments,
    confirm,
    connections,
    consent,
    credentials,
    docs,
    editor,
    embed,
    engage,
    federation,
    followers,
    lists,
    media_admin,
    posts,
    privacy,
    profile,
    recovery,
    returning,
    security,
    sessions,
    sign_ups,
    site,
    sources,
    studio,
    tokens,
    upload,
    watch,
    watching,
)

ROOMS = (
    browse,
    watch,
    embed,
    comments,
    engage,
    followers,
    aside,
    lists,
    channel,
    channels,
    channel_team,
    posts,
    account,
    studio,
    sources,
    beside,
    editor,
    upload,
    profile,
    activity,
    admin,
    admin_roles,
    apps,
    apps_admin,
    confirm,
    connections,
    consent,
    credentials,
    federation,
    media_admin,
    privacy,
    recovery,
    returning,
    security,
    sessions,
    sign_ups,
    tokens,
    watching,
    about,
    site,
)


def routers(settings: Settings) -> Iterator[APIRouter]:
    """Every router of the web app; the API's reference only where the operator serves it."""
    for room in ROOMS:
        yield room.router
    if settings.http.dev_docs:
        yield docs.router
