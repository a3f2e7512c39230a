"""Routes of channels, their teams, and signing up, which makes one."""

from socialflow.domains.channels.api.profiles import profiles
from socialflow.domains.channels.api.sign_up import sign_up
from socialflow.domains.channels.api.teams import teams
from socialflow.domains.channels.api.verifying import admin

__all__ = ["admin", "profiles", "sign_up", "teams"]
