"""Expected failures around channels.

Conflict
├── TooManyChannels
├── MainChannel
├── RenamedTooOften
├── OwnTeam
├── TeamIsFull
└── PinNotOfChannel
Forbidden
└── NotYourChannel
"""

from socialflow.kernel.errors import Conflict, Forbidden


class NotYourChannel(Forbidden):
    """Your role on this channel does not let you do that."""


class TooManyChannels(Conflict):
    """You have as many channels as you may have."""


class MainChannel(Conflict):
    """The channel that came with an account is there as long as the account."""


class RenamedTooOften(Conflict):
    """This channel has had too many handles of late; try again later, or take a former one back."""


class OwnTeam(Conflict):
    """Whose channel it is needs no place on its team."""


class TeamIsFull(Conflict):
    """As many people work for this channel, or were asked to, as can be."""


class PinNotOfChannel(Conflict):
    """Only what a channel has published itself can be pinned to its page."""
