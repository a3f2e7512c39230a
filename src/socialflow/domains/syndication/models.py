"""Where the files of the sitemap begin: counted now and then, since no request can count a million rows."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class SitemapPart(Base):
    """A file of the sitemap: ids of one kind behind `after_id`, up to `until_id`; the last one has no end."""

    __tablename__ = "sitemap_parts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    after_id: Mapped[uuid.UUID]
    until_id: Mapped[uuid.UUID | None]
    # When something in it changed last, as far as was known when it was counted.
    changed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind IN ('videos', 'posts', 'channels', 'tags')", name="kind"),
        CheckConstraint("number >= 1", name="number"),
    )


personal.holds("sitemap_parts", level=Level.PUBLIC, kept="until the next count, an hour; bounds between ids")
