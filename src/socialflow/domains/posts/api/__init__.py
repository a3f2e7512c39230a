"""Routes of posts, threads, polls, reposts and hashtags."""

from socialflow.domains.posts.api.curating import curating
from socialflow.domains.posts.api.reposts import reposts
from socialflow.domains.posts.api.routes import posts
from socialflow.domains.posts.api.settings import settings
from socialflow.domains.posts.api.tags import tags
from socialflow.domains.posts.api.threads import threads

__all__ = ["curating", "posts", "reposts", "settings", "tags", "threads"]
