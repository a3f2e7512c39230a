"""Every table and every handler of the product, known by being imported here."""

from socialflow.domains.accounts import handlers as accounts_handlers
from socialflow.domains.accounts import models as accounts
from socialflow.domains.analytics import handlers as analytics_handlers
from socialflow.domains.analytics import models as analytics
from socialflow.domains.channels import handlers as channels_handlers
from socialflow.domains.channels import models as channels
from socialflow.domains.engagement import handlers as engagement_handlers
from socialflow.domains.engagement import models as engagement
from socialflow.domains.feed import handlers as feed_handlers
from socialflow.domains.feed import models as feed
from socialflow.domains.media import handlers as media_handlers
from socialflow.domains.media import models as media
from socialflow.domains.posts import handlers as posts_handlers
from socialflow.domains.posts import models as posts
from socialflow.domains.shelves import handlers as shelves_handlers
from socialflow.domains.shelves import models as shelves
from socialflow.domains.social import handlers as social_handlers
from socialflow.domains.social import models as social
from socialflow.domains.syndication import handlers as syndication_handlers
from socialflow.domains.syndication import models as syndication
from socialflow.domains.videos import handlers as videos_handlers
from socialflow.domains.videos import models as videos
from socialflow.kernel import audit, holdings, housekeeping, idempotency, jobs, outbox, rotation

TABLES = (
    accounts,
    analytics,
    channels,
    engagement,
    feed,
    media,
    posts,
    shelves,
    social,
    syndication,
    videos,
    audit,
    holdings,
    idempotency,
    jobs,
    outbox,
)
HANDLERS = (
    accounts_handlers,
    analytics_handlers,
    channels_handlers,
    engagement_handlers,
    feed_handlers,
    media_handlers,
    posts_handlers,
    shelves_handlers,
    social_handlers,
    syndication_handlers,
    videos_handlers,
    housekeeping,
    rotation,
)
