"""What one can do to the social graph."""

from socialflow.domains.social.models import does_follow, mutes, mutes_thread, mutes_words
from socialflow.domains.social.service import lists, muting, suggesting, transfer
from socialflow.domains.social.service.blocking import block, blocked, unblock
from socialflow.domains.social.service.circles import Circle, circle
from socialflow.domains.social.service.follows import (
    follow,
    followers,
    following,
    mutuals,
    relations,
    remove_follower,
    ring,
    unfollow,
)
from socialflow.domains.social.service.requests import approve, approve_needless, refuse, requests, sent
from socialflow.domains.social.service.upkeep import cut_some_to, erase_some_of, recount_channels

__all__ = [
    "Circle",
    "approve",
    "approve_needless",
    "block",
    "blocked",
    "circle",
    "cut_some_to",
    "does_follow",
    "erase_some_of",
    "follow",
    "followers",
    "following",
    "lists",
    "mutes",
    "mutes_thread",
    "mutes_words",
    "muting",
    "mutuals",
    "recount_channels",
    "refuse",
    "relations",
    "remove_follower",
    "requests",
    "ring",
    "sent",
    "suggesting",
    "transfer",
    "unblock",
    "unfollow",
]
