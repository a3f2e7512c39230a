"""Expected failures around what people put aside.

Forbidden
└── NotYourPlaylist
Conflict
├── AlreadyOnPlaylist
├── PlaceIsGone
├── PlaylistIsFull
├── TooManyPlaylists
├── TooManyCollaborators
├── TooManySaves
├── VideosStandTwice
├── WatchLaterStays
└── CannotInviteYourself
"""

from socialflow.kernel.errors import Conflict, Forbidden


class NotYourPlaylist(Forbidden):
    """This list is somebody else's, and you may not do this with it."""


class AlreadyOnPlaylist(Conflict):
    """This video is on the list already, and the list holds no video twice."""


class PlaceIsGone(Conflict):
    """The item beside which this was to stand is not on the list any more; read the list again."""


class PlaylistIsFull(Conflict):
    """There are as many videos on this list as it can hold."""


class TooManyPlaylists(Conflict):
    """You have as many lists as one can have."""


class TooManyCollaborators(Conflict):
    """As many people as can do so work on this list already."""


class TooManySaves(Conflict):
    """You have saved as much as one can; take something back first."""


class VideosStandTwice(Conflict):
    """There are videos on this list more than once; take those off first."""


class WatchLaterStays(Conflict):
    """The list of what you want to watch later is always there, and yours alone."""


class CannotInviteYourself(Conflict):
    """The list is your own: you work on it already."""
