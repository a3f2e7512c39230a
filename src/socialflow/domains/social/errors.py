"""Expected failures around the graph.

Conflict
├── CannotFollowYourself
├── CannotBlockYourself
├── CannotBlockStaff
├── CannotMuteYourself
├── TooManyMutes
├── TooManyLists
└── ListIsFull
Forbidden
└── FollowersOnly
TooLarge
└── ImportTooLarge
Unprocessable
└── UnreadableImport
"""

from socialflow.kernel.errors import Conflict, Forbidden, TooLarge, Unprocessable


class CannotFollowYourself(Conflict):
    """You cannot follow yourself."""


class CannotBlockYourself(Conflict):
    """You cannot block yourself."""


class CannotBlockStaff(Conflict):
    """Who looks after this site cannot be blocked; you can mute them."""


class CannotMuteYourself(Conflict):
    """You cannot mute yourself."""


class TooManyMutes(Conflict):
    """You have muted as much as one can; take something back first."""


class TooManyLists(Conflict):
    """You have as many lists as one can have."""


class ListIsFull(Conflict):
    """There are as many people on this list as it can hold."""


class FollowersOnly(Forbidden):
    """This account shows its followers, and whom it follows, to its followers alone."""


class ImportTooLarge(TooLarge):
    """The file is larger than what can be imported at once; split it."""


class UnreadableImport(Unprocessable):
    """The file is no text in UTF-8 with comma separated values."""
