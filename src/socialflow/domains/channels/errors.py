"""Expected failures around channels.

Forbidden
└── NotYourChannel
"""

from socialflow.kernel.errors import Forbidden


class NotYourChannel(Forbidden):
    """Only a channel's owner may change it."""
