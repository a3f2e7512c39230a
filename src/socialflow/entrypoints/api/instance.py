"""What this installation is and allows: the first thing that a client asks."""

from typing import Literal

from fastapi import Security
from pydantic import Field

from socialflow.domains.accounts import service as accounts
from socialflow.entrypoints.api.openapi import VERSION
from socialflow.kernel.schemas import Read
from socialflow.kernel.web import CurrentApp, get_reader, router

instance = router("instance", reads="site")


class SoftwareRead(Read):
    """What runs here."""

    name: str
    version: str


class InstanceLimits(Read):
    """How much is accepted."""

    max_upload_bytes: int
    quota_bytes: int
    max_duration_ms: int
    max_page_items: int
    playlists_per_account: int
    items_per_playlist: int
    collaborators_per_playlist: int
    saves_per_account: int
    history_keep_days: int = Field(description="What somebody watched is forgotten after so many days at the latest.")


class InstanceFeatures(Read):
    """What can be done here."""

    registration: bool
    uploads: bool
    comments: bool
    likes: bool
    follows: bool
    hls: bool
    dash: bool
    live: bool
    payments: bool


class InstanceSignUp(Read):
    """Who may sign up, and what is asked of them."""

    mode: Literal["open", "invite", "approval", "closed"]
    minimum_age: int = Field(description="Years; 0 where the date of birth is not asked.")
    terms_version: str | None = Field(description="What is to be sent as `accept_terms`.")
    terms_url: str | None


class InstanceRead(Read):
    """This installation."""

    name: str
    url: str
    software: SoftwareRead
    api_version: str
    auth_methods: list[str] = Field(
        description="`password`, `passkey`, and the keys of the providers by whom one may log in.",
        examples=[["password", "passkey", "google"]],
    )
    languages: list[str]
    features: InstanceFeatures
    sign_up: InstanceSignUp
    limits: InstanceLimits


@instance.get(
    "/instance",
    operation_id="getInstance",
    response_model=InstanceRead,
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def get_instance(app: CurrentApp) -> InstanceRead:
    """Software, features, limits and ways to log in."""
    settings = app.settings
    return InstanceRead(
        name=settings.instance_name,
        url=settings.public_url,
        software=SoftwareRead(name="Social Flow", version=VERSION),
        api_version="v1",
        auth_methods=["password", "passkey", *settings.identity.providers],
        languages=list(accounts.LANGUAGES),
        features=InstanceFeatures(
            registration=settings.auth.registration != "closed",
            uploads=True,
            comments=True,
            likes=True,
            follows=True,
            hls=True,
            dash=True,
            live=False,
            payments=False,
        ),
        sign_up=InstanceSignUp(
            mode=settings.auth.registration,
            minimum_age=settings.sign_up.minimum_age,
            terms_version=settings.sign_up.terms_version,
            terms_url=settings.sign_up.terms_url,
        ),
        limits=InstanceLimits(
            max_upload_bytes=settings.media.max_upload_bytes,
            quota_bytes=settings.media.quota_bytes,
            max_duration_ms=settings.media.max_duration_s * 1000,
            max_page_items=100,
            **settings.shelves.model_dump(),
            history_keep_days=settings.privacy.positions_keep_s // 86_400,
        ),
    )
