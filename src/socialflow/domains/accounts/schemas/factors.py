"""Second factors, as they are shown and given."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from socialflow.domains.accounts.schemas.fields import LONGEST_PASSWORD
from socialflow.kernel.ids import PasskeyId
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, SEEN

Code = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{3} ?[0-9]{3}$"),
    Field(description="Six digits of an authenticator app.", examples=["123456"]),
]
Challenge = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Credential = Annotated[
    str,
    StringConstraints(min_length=2, max_length=20_000),
    Field(description="What the device has answered, as JSON text: `JSON.stringify(credential)`."),
]
PasskeyName = Annotated[
    str, StringConstraints(min_length=1, max_length=60), SEEN, LINE, Field(examples=["Ada's phone"])
]
Method = Literal["password", "totp", "passkey", "recovery_code"]


class PasskeyAnswer(Body):
    """A passkey's answer to what it was asked, with the state that came with the question."""

    state: Challenge
    credential: Credential


class FactorGiven(Body):
    """A second factor: exactly one of these."""

    totp: Code | None = None
    recovery_code: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = Field(
        None, examples=["4-abcd-efgh-jkmn-pqrs"]
    )
    passkey: PasskeyAnswer | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "FactorGiven":
        if sum(value is not None for value in self._given()) != 1:
            raise PydanticCustomError("one_factor", "exactly one factor is needed")
        return self

    def _given(self) -> tuple[object, ...]:
        return self.totp, self.recovery_code, self.passkey


class SecondFactor(FactorGiven):
    """The second step of a log-in."""

    challenge: Challenge


class StepUpGiven(FactorGiven):
    """A proof of who one is, in a session that goes on."""

    password: Annotated[SecretStr, Field(strict=False, max_length=LONGEST_PASSWORD)] | None = None

    def _given(self) -> tuple[object, ...]:
        return *super()._given(), self.password


class ChallengeGiven(Body):
    """A log-in that waits for its second factor."""

    challenge: Challenge


class TotpConfirm(Body):
    """The first code of an authenticator app."""

    code: Code


class PasskeyCreate(PasskeyAnswer):
    """A passkey that a device has made."""

    name: PasskeyName


class PasskeyUpdate(Body):
    """Another name for a passkey."""

    name: PasskeyName


class PasskeyOptionsRead(Read):
    """What a device is to be asked."""

    state: str = Field(description="To be sent back with the answer; good once, for five minutes.")
    options: str = Field(
        description="JSON text for `PublicKeyCredential.parse…OptionsFromJSON`, or for a phone's credential manager."
    )


class StepUpRead(Read):
    """What can be shown in order to do what is dangerous."""

    methods: list[Method] = Field(description="Empty: log in again instead.")
    authenticated_at: datetime
    fresh_until: datetime | None = Field(description="Until then nothing need be shown; null: at once.")


class TotpSetupRead(Read):
    """What an authenticator app must be told."""

    uri: str = Field(examples=["otpauth://totp/Social%20Flow:ada?secret=JBSWY3DPEHPK3PXP&issuer=Social%20Flow"])
    secret: str = Field(description="The same, to be typed (base 32).")
    qr_svg: str = Field(description="The address as a picture.")


class RecoveryCodesRead(Read):
    """Ten codes, shown this once; null where the account has some already."""

    recovery_codes: list[str] | None


class PasskeyRead(Read):
    """A passkey."""

    id: PasskeyId
    name: str
    is_backed_up: bool
    transports: list[str]
    created_at: datetime
    last_used_at: datetime | None


class PasskeyMadeRead(RecoveryCodesRead):
    """A new passkey, and recovery codes where it is the first second factor."""

    passkey: PasskeyRead


class FactorsRead(Read):
    """Every second factor of an account."""

    enabled: bool
    totp_since: datetime | None
    passkeys: list[PasskeyRead]
    recovery_codes_left: int
    recovery_codes_made_at: datetime | None
