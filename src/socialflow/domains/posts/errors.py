"""Expected failures around posts.

Forbidden
├── NotYourPost
├── RepliesNotAllowed
├── QuotesNotAllowed
└── NotYourThread
Conflict
├── AlreadySaid
├── AlreadyVoted
├── NotSaidYet
├── PhotoAlreadyUsed
├── PollIsOver
└── ReplyNotShown
Unprocessable
├── CannotRepost
├── EmptyPost
├── NotAHashtag
├── NotADirectReply
├── TooManyFacets
├── TooManyHashtags
├── UnusableChoices
└── UnusablePostTime
"""

from socialflow.kernel.errors import Conflict, Forbidden, Unprocessable


class NotYourPost(Forbidden):
    """Only a post's author may do this; moderators may delete it."""


class RepliesNotAllowed(Forbidden):
    """The author of this post does not let you reply to it."""


class QuotesNotAllowed(Forbidden):
    """The author does not let you quote this."""


class NotYourThread(Forbidden):
    """Only who began the thread, or keeps its channel in order, may do this with a reply in it."""


class ReplyNotShown(Conflict):
    """Others do not see this reply: it waits for approval, or was hidden. Show it first."""


class NotADirectReply(Unprocessable):
    """Only a reply to the post that began the thread can be pinned."""


class AlreadySaid(Conflict):
    """This post has been published: that cannot be changed any more."""


class NotSaidYet(Conflict):
    """This post has not been published yet."""


class AlreadyVoted(Conflict):
    """You have voted in this poll; a vote cannot be changed."""


class PhotoAlreadyUsed(Conflict):
    """This photo belongs to another post; upload it again."""


class PollIsOver(Conflict):
    """This poll has ended."""


class EmptyPost(Unprocessable):
    """A post needs words, a photo, a poll, or something that it quotes."""


class TooManyFacets(Unprocessable):
    """A post may mention 50 people, carry 30 hashtags and hold 20 links."""


class CannotRepost(Unprocessable):
    """Only what everybody may see can be reposted."""


class UnusableChoices(Unprocessable):
    """Choose one of the answers of this poll, or several where it lets you."""


class UnusablePostTime(Unprocessable):
    """A post can wait for a time in the future, two years from now at the latest."""


class NotAHashtag(Unprocessable):
    """A hashtag is one word of letters, digits and underscores, with a letter among them, 100 characters at most."""


class TooManyHashtags(Unprocessable):
    """You follow 1,000 hashtags, which is as many as one may."""
