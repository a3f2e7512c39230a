"""Settings of channels."""

from pydantic import Field

from socialflow.kernel.config.sections import Section


class ChannelSettings(Section):
    """Channels: how many there may be of what."""

    per_account: int = Field(10, ge=1, description="Channels that one account may have, where its role says nothing.")
    handle_kept_s: int = Field(
        90 * 86_400,
        ge=0,
        description="A former handle leads to its channel, and is nobody else's, for so long, in seconds.",
    )
    former_handles: int = Field(
        3, ge=1, description="Former handles of one channel that are kept at once; then it is renamed no more."
    )
    team_size: int = Field(50, ge=1, description="People whom one channel may have on its team, or ask.")
    pins: int = Field(6, ge=1, le=24, description="Videos and posts that may stand first on a channel's page.")
