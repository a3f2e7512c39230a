"""Expected failures around likes and comments.

Forbidden
└── NotYourComment
"""

from socialflow.kernel.errors import Forbidden


class NotYourComment(Forbidden):
    """Only its author may do this with a comment; the video's owner and moderators may delete it."""
