"""Who speaks of what somebody cares about: the hashtags that they follow, and those of their own latest posts."""

from socialflow.domains.posts.models import LISTED
from socialflow.kernel.visibility import VIEWER

# So many hashtags, and so many posts of each, the latest first: a page has to cost the same whoever asks.
_MOST_TAGS, _OWN_POSTS, _POSTS = 50, 50, 20
_MINE = f"""
    (SELECT hashtag_id FROM hashtag_follows WHERE account_id = {VIEWER} ORDER BY id DESC LIMIT {_MOST_TAGS})
    UNION
    (SELECT tagged.hashtag_id FROM channels AS own CROSS JOIN LATERAL (
        SELECT posts.id FROM posts WHERE posts.channel_id = own.id AND {LISTED}
        ORDER BY posts.published_at DESC, posts.id DESC LIMIT {_OWN_POSTS}
    ) AS mine JOIN post_hashtags AS tagged ON tagged.post_id = mine.id WHERE own.account_id = {VIEWER}
    LIMIT {_MOST_TAGS})
"""  # noqa: S608  # constants, joined at import
# Of what is told to everybody alone: a suggestion tells nobody what was said to few.
BY_TAGS = f"""
    SELECT said.channel_id AS id, count(DISTINCT hashtags.id) AS strength,
        (array_agg(DISTINCT hashtags.shown))[1:3] AS tags
    FROM ({_MINE}) AS cared JOIN hashtags ON hashtags.id = cared.hashtag_id CROSS JOIN LATERAL (
        SELECT posts.channel_id FROM post_hashtags AS tagged JOIN posts ON posts.id = tagged.post_id
        WHERE tagged.hashtag_id = cared.hashtag_id AND {LISTED}
        ORDER BY tagged.published_at DESC, tagged.post_id DESC LIMIT {_POSTS}
    ) AS said GROUP BY said.channel_id
"""  # noqa: S608  # constants, joined at import
