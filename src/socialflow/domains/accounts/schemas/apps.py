"""Apps of other people's: as they are registered, shown, asked about and let in."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.kernel.ids import AppId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, SEEN

MOST_REDIRECTS = 10
MOST_SCOPES = 50
LONGEST_PARAMETER = 2_000


def _no_tricks(name: str) -> str:
    # Marks that turn the direction of writing would let a name show as another.
    if not name.isprintable():
        raise PydanticCustomError("unprintable", "a name is made of letters that can be seen")
    return name


AppName = Annotated[
    str, StringConstraints(min_length=1, max_length=60), AfterValidator(_no_tricks), SEEN, LINE, Field(examples=["Sky"])
]
Website = Annotated[
    str,
    StringConstraints(max_length=300, pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?$"),
    Field(description="The app's own page.", examples=["https://app.example"]),
]
Redirects = Annotated[
    list[Annotated[str, StringConstraints(max_length=500)]],
    Field(
        max_length=MOST_REDIRECTS,
        description="Where people may be sent back to: `https`, `http://127.0.0.1` or `http://[::1]` with any port,"
        " or a scheme of your own with a dot in it.",
        examples=[["https://app.example/callback"]],
    ),
]
Scopes = Annotated[
    list[Annotated[str, StringConstraints(max_length=60)]],
    Field(min_length=1, max_length=MOST_SCOPES, description="What it may ask for at most.", examples=[["read"]]),
]
Parameter = Annotated[str | None, Field(max_length=LONGEST_PARAMETER)]
UserCode = Annotated[
    str, StringConstraints(min_length=1, max_length=40), Field(description="As it stands on the device.")
]


class AppCreate(Body):
    """An app to be registered."""

    name: AppName
    website: Website
    redirect_uris: Redirects
    scopes: Scopes
    confidential: bool = Field(description="Whether it can keep a secret: a server can, a phone or a page cannot.")
    device_flow: bool = Field(False, description="Whether it runs where nobody can type, and shows a code instead.")


class AppUpdate(Body):
    """What its owner may change about an app; absent members stay."""

    name: AppName | None = None
    website: Website | None = None
    redirect_uris: Redirects | None = None
    scopes: Scopes | None = None
    device_flow: bool | None = None


class AppStanding(Body):
    """What staff say of an app; absent members stay."""

    verified: bool | None = None
    disabled: bool | None = None


class AppRead(Read):
    """An app, as its owner sees it."""

    id: AppId = Field(description="Its `client_id`.")
    name: str
    website: str
    redirect_uris: list[str]
    scopes: list[str]
    confidential: bool
    device_flow: bool
    verified: bool
    disabled: bool
    created_at: datetime


class AppSecretRead(AppRead):
    """An app with its new secret, which is shown this once."""

    client_secret: str | None = Field(description="Null for an app that cannot keep one.")


class AppPage(Page[AppRead]):
    """A page of apps."""


class StaffAppRead(AppRead):
    """An app, as staff see it."""

    owner: str | None = Field(description="Handle of who registered it; null when it registered itself.")


class StaffAppPage(Page[StaffAppRead]):
    """A page of apps."""


class ScopeRead(Read):
    """A scope in words."""

    name: str
    sentence: str = Field(description='To be read after "This lets it".')


class ScopePage(Page[ScopeRead]):
    """Every scope that an app may ask for."""


class AppCard(Read):
    """An app, as somebody sees it who is asked to let it in."""

    id: AppId
    name: str
    website: str
    owner: str | None = Field(description="Handle of who registered it; null when it registered itself.")
    verified: bool


class AuthorizedAppRead(Read):
    """An app that one has let in."""

    app: AppCard
    scopes: list[ScopeRead]
    authorized_at: datetime
    last_used_at: datetime | None


class AuthorizedAppPage(Page[AuthorizedAppRead]):
    """A page of apps that one has let in."""


class AuthorizationRead(Read):
    """What an app asks for; or, when there is nothing to be asked, where the browser goes."""

    app: AppCard | None
    scopes: list[ScopeRead]
    lifetime_s: int = Field(description="Seconds after which the app must ask again, however much it is used.")
    redirect_to: str | None


class AuthorizationAsk(Body):
    """An app's request, as it came: what is wrong with it is for the protocol to say."""

    # Addresses are compared letter by letter, and a state comes back as it was.
    model_config = ConfigDict(str_strip_whitespace=False)

    client_id: Parameter = None
    redirect_uri: Parameter = None
    response_type: Parameter = None
    scope: Parameter = None
    state: Parameter = None
    code_challenge: Parameter = None
    code_challenge_method: Parameter = None


class AuthorizationDecide(AuthorizationAsk):
    """An app's request, and what somebody says to it."""

    allow: bool


class RedirectRead(Read):
    """Where the browser goes now."""

    redirect_to: str


class DeviceRequestRead(Read):
    """A device that asks to be let in."""

    user_code: str
    app: AppCard
    scopes: list[ScopeRead]
    lifetime_s: int
    address: str = Field(description="Where the device is, as far as it can be told.")
    created_at: datetime


class DeviceDecide(Body):
    """What somebody says to a device."""

    user_code: UserCode
    allow: bool
