"""What a post is shown by: one statement for a whole page, its photos, poll, quote and preview included."""

from socialflow.domains.accounts.service import hidden, private
from socialflow.domains.channels.service import role_on
from socialflow.domains.posts.models.rule import visible_as
from socialflow.domains.videos.models import VISIBLE as VIDEO_VISIBLE
from socialflow.kernel.visibility import SEES_ANY, VIEWER

# Who judges posts does not see every video.
VIDEO_SEEN = VIDEO_VISIBLE.replace(SEES_ANY, "CAST(:sees_videos AS boolean)")

# Files of a private account are nobody's without a signature, whatever their rows say.
ACCESS = f"CASE WHEN shown.access = 'open' AND {private('posts.account_id')} THEN 'signed' ELSE shown.access END"
_PHOTOS = f"""(
    SELECT jsonb_agg(jsonb_build_object(
        'upload_id', photo.upload_id, 'asset_id', photo.asset_id, 'alt', photo.alt, 'state', shown.state,
        'access', {ACCESS}, 'access_epoch', shown.access_epoch, 'thumbhash', shown.thumbhash,
        'width', shown.width, 'height', shown.height
    ) ORDER BY photo.position)
    FROM post_photos AS photo LEFT JOIN assets AS shown ON shown.id = photo.asset_id WHERE photo.post_id = posts.id
) AS photos"""  # noqa: S608  # constants, joined at import
_OPTIONS = """(
    SELECT jsonb_agg(jsonb_build_object('number', answer.number, 'text', answer.text, 'vote_count', answer.vote_count)
        ORDER BY answer.number)
    FROM poll_options AS answer WHERE answer.poll_id = polls.id
) AS options"""
_CHOICES = f"""(
    SELECT vote.choices FROM poll_votes AS vote WHERE vote.poll_id = polls.id AND vote.account_id = {VIEWER}
)"""  # noqa: S608  # constants, joined at import
_FOLLOWS = f"""EXISTS (
    SELECT FROM follows AS edge WHERE edge.follower_id = {VIEWER} AND edge.channel_id = {{}}.channel_id
)"""
_NAMED = f"EXISTS (SELECT FROM post_mentions AS named WHERE named.post_id = {{}}.id AND named.account_id = {VIEWER})"
_REPOSTED = f"""EXISTS (
    SELECT FROM reposts AS mine WHERE mine.subject_id = posts.id AND mine.account_id = {VIEWER}
) AS reposted"""
_QUOTED_PHOTOS = "(SELECT count(*) FROM post_photos AS photo WHERE photo.post_id = quoted.id) AS quoted_photos"

COLUMNS = f"""
    posts.id, posts.account_id, posts.text, posts.facets, posts.language, posts.mark, posts.visibility, posts.state,
    posts.reach, posts.reply_policy, posts.quote_policy, posts.hold_replies, posts.parent_id, posts.root_id,
    posts.depth, posts.curator_id, posts.pinned_at, posts.hearted_at, posts.choice, posts.like_count, posts.reply_count,
    posts.repost_count, posts.quote_count, posts.edition, posts.created_at, posts.published_at, posts.publish_at,
    posts.edited_at, posts.deleted_at, posts.quoted_post_id, posts.quoted_video_id, posts.quote_revoked_at,
    {private("posts.account_id")} AS is_private,
    ({visible_as("posts")}) IS TRUE AS speaks,
    channels.id AS channel_id, channels.handle, channels.display_name, channels.avatar_asset_id,
    channels.verified_at, {role_on(VIEWER, "posts.channel_id")} AS viewer_role,
    {_PHOTOS}, {_OPTIONS}, {_CHOICES} AS choices, {_REPOSTED},
    {_FOLLOWS.format("posts")} AS follows, {_NAMED.format("posts")} AS named,
    CASE WHEN roots.id IS NOT NULL AND posts.curator_id IS NOT NULL AND NOT {hidden("roots.account_id")}
        THEN {role_on(VIEWER, "roots.channel_id")} END AS thread_role,
    roots.id AS thread_id, roots.account_id AS root_owner, roots.reply_policy AS root_policy,
    CASE WHEN roots.id IS NOT NULL THEN {_FOLLOWS.format("roots")} ELSE FALSE END AS root_follows,
    CASE WHEN roots.id IS NOT NULL THEN {_NAMED.format("roots")} ELSE FALSE END AS root_named,
    polls.id AS poll_id, polls.multiple, polls.duration_s, polls.ends_at, polls.voter_count,
    previews.url AS preview_url, previews.title AS preview_title, previews.description AS preview_description,
    previews.site_name AS preview_site,
    quoted.id AS quoted_id, quoted.text AS quoted_text, quoted.mark AS quoted_mark,
    quoted.published_at AS quoted_at, {_QUOTED_PHOTOS},
    videos.id AS video_id, videos.title AS video_title, videos.published_at AS video_at,
    video_assets.thumbhash AS video_thumbhash, video_assets.duration_ms AS video_duration_ms,
    quotees.id AS quotee_id, quotees.handle AS quotee_handle, quotees.display_name AS quotee_name,
    quotees.avatar_asset_id AS quotee_avatar, quotees.verified_at AS quotee_verified_at
"""
TABLES = f"""
    JOIN channels ON channels.id = posts.channel_id
    LEFT JOIN posts AS roots ON roots.id = posts.root_id AND roots.deleted_at IS NULL
    LEFT JOIN polls ON polls.id = posts.id
    LEFT JOIN link_previews AS previews ON previews.id = posts.preview_id AND previews.state = 'ready'
    LEFT JOIN posts AS quoted ON quoted.id = posts.quoted_post_id AND posts.quote_revoked_at IS NULL
        AND quoted.published_at IS NOT NULL AND {visible_as("quoted")}
    LEFT JOIN videos ON videos.id = posts.quoted_video_id AND posts.quote_revoked_at IS NULL AND {VIDEO_SEEN}
    LEFT JOIN assets AS video_assets ON video_assets.id = videos.asset_id
    LEFT JOIN channels AS quotees ON quotees.id = coalesce(quoted.channel_id, videos.channel_id)
"""
