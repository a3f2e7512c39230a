"""Expected failures around likes, reactions and comments.

Forbidden
├── CommentsOff
├── NotYourComment
└── NotYourSubject
Conflict
├── CommentNotShown
├── EmojiNameTaken
└── PhotoAlreadyShown
Unprocessable
├── EmojiNotOffered
├── EmptyComment
├── NotPinnable
└── TooDeep
"""

from socialflow.kernel.errors import Conflict, Forbidden, Unprocessable


class NotYourComment(Forbidden):
    """Only its author may do this with a comment; the owner of what it is about and moderators may delete it."""


class NotYourSubject(Forbidden):
    """Only the owner of what is commented on may do this."""


class CommentsOff(Forbidden):
    """Comments are turned off here."""


class CommentNotShown(Conflict):
    """Others do not see this comment: it waits for approval, or was hidden. Show it first."""


class PhotoAlreadyShown(Conflict):
    """This photo belongs to another comment; upload it again."""


class EmojiNameTaken(Conflict):
    """There is an emoji of this name."""


class EmojiNotOffered(Unprocessable):
    """One cannot react by this emoji here."""


class EmptyComment(Unprocessable):
    """A comment needs words or a photo."""


class NotPinnable(Unprocessable):
    """Only what begins a thread can be pinned."""


class TooDeep(Unprocessable):
    """This thread is as deep as a thread may be: answer somebody further up."""
