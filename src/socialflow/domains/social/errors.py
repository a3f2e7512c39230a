"""Expected failures around the graph.

Conflict
└── CannotFollowYourself
"""

from socialflow.kernel.errors import Conflict


class CannotFollowYourself(Conflict):
    """You cannot follow yourself."""
