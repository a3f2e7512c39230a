"""Routes of the social graph, one file a subject."""

from socialflow.domains.social.api.aside import aside
from socialflow.domains.social.api.follows import follows
from socialflow.domains.social.api.lists import lists
from socialflow.domains.social.api.requests import requests
from socialflow.domains.social.api.transfer import transfer

__all__ = ["aside", "follows", "lists", "requests", "transfer"]
