"""What is told outside."""

from socialflow.domains.syndication.service.feeds import Answer, Wanted, feed
from socialflow.domains.syndication.service.oembed import Asked, oembed
from socialflow.domains.syndication.service.sitemaps import MEDIA_TYPE as SITEMAP
from socialflow.domains.syndication.service.sitemaps import count, index, part

__all__ = ["SITEMAP", "Answer", "Asked", "Wanted", "count", "feed", "index", "oembed", "part"]
