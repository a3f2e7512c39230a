"""What everybody who signs up may be asked, by whatever way they come."""

from pydantic import Field

from socialflow.domains.accounts.schemas.sign_ups import BirthDate, InviteToken, Reason, TermsVersion
from socialflow.kernel.schemas import Body


class Admission(Body):
    """What the gate looks at: only what the installation asks for is needed."""

    invite: InviteToken | None = Field(None, description="The secret of an invite.")
    reason: Reason = Field("", description="Why one would like to come in, where staff decide.")
    birth_date: BirthDate | None = None
    accept_terms: TermsVersion | None = Field(None, description="Version of the terms that is accepted.")
