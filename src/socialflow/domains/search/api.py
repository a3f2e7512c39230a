"""Routes of finding."""

from typing import Annotated

from fastapi import Query

from socialflow.domains.search import service
from socialflow.domains.search.schemas import Suggestions
from socialflow.kernel.web import CurrentApp, Reader, router

search = router("search", reads="suggestions")

LONGEST = 100
MOST = 20
Beginning = Annotated[
    str, Query(alias="q", min_length=1, max_length=LONGEST, description="What was written so far.", examples=["ad"])
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="People, and hashtags, at most.")]


@search.get("/search/suggest", operation_id="suggest", response_model=Suggestions)
async def suggest(q: Beginning, app: CurrentApp, viewer: Reader, limit: Limit = 6) -> Suggestions:
    """People and hashtags that begin so, to choose from while somebody is still writing.

    People are found by the beginning of their handle or of any word of their name, those whom the caller follows
    first; hashtags by theirs, the most used first. With `@` in front it is people alone, with `#` hashtags alone.
    """
    return await service.suggest(app, viewer, q, limit=limit)
