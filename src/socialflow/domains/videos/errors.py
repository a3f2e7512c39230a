"""Expected failures around videos.

Forbidden
├── DownloadsNotAllowed
├── NotYourVideo
├── PasswordNeeded
└── WrongVideoPassword
Conflict
├── AlreadyPublished
├── NothingToUndo
├── TooManyViewers
├── UploadOfNoUse
└── UploadAlreadyUsed
Unavailable
└── StillPreparing
Unprocessable
├── ChaptersOutOfOrder
├── PasswordMissing
├── PrivateIsNotPublished
└── UnusablePublishTime
"""

from socialflow.kernel.errors import Conflict, Forbidden, Unavailable, Unprocessable


class NotYourVideo(Forbidden):
    """Only a video's owner may do this."""


class DownloadsNotAllowed(Forbidden):
    """The owner of this video does not let people download it."""


class StillPreparing(Unavailable):
    """This file is being put together; ask again in a moment."""


class PasswordNeeded(Forbidden):
    """This video is for those who know its password: unlock it first."""


class WrongVideoPassword(Forbidden):
    """This is not the password of the video."""


class TooManyViewers(Conflict):
    """This video is shared with as many people as it can be; share it with followers, or by its address."""


class PasswordMissing(Unprocessable):
    """A video for those who know a password needs one."""


class NotPlayableYet(Conflict):
    """There is nothing to watch of this video yet."""


class AlreadyPublished(Conflict):
    """This video has been published: it cannot be given a time for that any more."""


class NothingToUndo(Conflict):
    """This edit is not what is shown, or the file before it is not kept any more."""


class UploadAlreadyUsed(Conflict):
    """There is a video of this upload already."""


class UploadOfNoUse(Conflict):
    """Nothing can be made of this upload; choose another one."""


class ChaptersOutOfOrder(Unprocessable):
    """The first of at least two chapters begins at 0, the others ten seconds or more apart, before the video ends."""


class PrivateIsNotPublished(Unprocessable):
    """A private video stays private at any time: make it public or unlisted, or leave `publish_at` out."""


class UnusablePublishTime(Unprocessable):
    """A video is published at a time to come, two years from now at the latest; to publish it now, set no time."""
