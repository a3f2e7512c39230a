"""Expected failures around what is shown first.

Conflict
└── TooManyPins
"""

from socialflow.kernel.errors import Conflict


class TooManyPins(Conflict):
    """More is to stand first on this page than can."""
