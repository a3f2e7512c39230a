"""Writing posts: saying them, keeping them for later, and changing them."""

import uuid
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.posts import policy, queries
from socialflow.domains.posts.errors import AlreadySaid, EmptyPost
from socialflow.domains.posts.events import PostEdited
from socialflow.domains.posts.models import Allowed, Poll, Post, PostState, PostVersion
from socialflow.domains.posts.queries import Hold, pages
from socialflow.domains.posts.schemas import PostCreate, PostingSettingsRead, PostingSettingsUpdate, PostUpdate
from socialflow.domains.posts.service import photos, polls, publishing, quoting, replying, rights
from socialflow.domains.posts.service.facets import FacetKind
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.visibility import Visibility
from socialflow.kernel.work import Actor, App, Work

USUAL = PostingSettingsRead(
    visibility="public",
    language=None,
    reply_policy=Allowed.EVERYBODY,
    quote_policy=Allowed.EVERYBODY,
    hold_replies=False,
    video_quote_policy=Allowed.EVERYBODY,
)
# What cannot be changed any more once others have seen it, answered and voted.
SETTLED = frozenset({"visibility", "quote_id", "poll", "publish_at"})
# What others have seen, whether or not they still do.
SAID_BEFORE = frozenset({PostState.PUBLISHED, PostState.HIDDEN})
# What an edit is kept in the history for.
SAID = ("text", "language", "mark")


async def visible(work: Work, post_id: uuid.UUID, *, hold: Hold = Hold.NOT) -> Post:
    """A post that the actor may see; raises NotFound."""
    post = await queries.by_id(work.db, work.actor, post_id, hold)
    if post is None:
        raise NotFound
    return post


async def create(app: App, by: Work, body: PostCreate) -> Post:
    """Say something as a channel that the actor publishes for, or keep it to be said later or at a time."""
    channel = await channels.speaking(by, body.channel_id)
    work = await channels.for_owner(app, by, channel.account_id, *(photo.upload_id for photo in body.photos))
    if work is not by:
        quoted, film = quoting.named(body.quote_id)
        await rights.sees(by, body.parent_id, quoted, video_id=film)
    parsed = publishing.read_words(body.text)
    if body.publish_at is not None:
        policy.may_wait(body.publish_at, work.now)
    usual = await settings_in(work, channel.account_id)
    parent = await replying.check(work, body.parent_id)
    wished = Visibility(body.visibility or usual.visibility)
    place = await replying.below(work, parent, channel.id, wished) if parent else replying.by_itself(channel.id, wished)

    post = Post(
        **place._asdict(),
        id=ids.new(),
        account_id=channel.account_id,
        channel_id=channel.id,
        text=body.text,
        language=body.language or usual.language,
        mark=body.mark,
        reply_policy=body.reply_policy or usual.reply_policy,
        quote_policy=body.quote_policy or usual.quote_policy,
        hold_replies=usual.hold_replies if body.hold_replies is None else body.hold_replies,
        curator_id=await replying.curator_of(work, parent),
        state=PostState.SCHEDULED if body.publish_at else PostState.DRAFT,
        publish_at=body.publish_at,
        created_at=work.now,
        updated_at=work.now,
    )
    quoting.choose(post, body.quote_id)
    await quoting.check(work, post)
    work.db.add(post)
    await work.db.flush()
    await photos.put(work, post, body.photos)
    await polls.put(work, post, body.poll)
    await publishing.give_meaning(work, post, parsed)
    if body.draft or body.publish_at is not None:
        publishing.forget(work, post)
        return post
    await _is_something(work, post)
    await publishing.say_or_hold(work, post)
    return post


async def publish(app: App, by: Work, post: Post) -> Post:
    """Say now what was kept; the caller holds the post's lock. What was said already stays as it is."""
    await rights.demand(by, post)
    work = await rights.for_owner(app, by, post, None)
    if post.state in SAID_BEFORE:
        return post
    await _is_something(work, post)
    await replying.check_kept(work, post)
    await quoting.check(work, post)
    await publishing.say_or_hold(work, post)
    return post


async def edit(app: App, by: Work, post: Post, body: PostUpdate) -> Post:
    """Change what the author may change; the caller holds the post's lock. What it said before can be read."""
    await rights.demand(by, post)
    work = await rights.for_owner(app, by, post, body.photos)
    sent = body.model_fields_set
    is_said = post.state in SAID_BEFORE
    if is_said and sent & SETTLED:
        raise AlreadySaid
    parsed = publishing.read_words(body.text if body.text is not None else post.text)
    before = await _version(work, post)
    if not is_said:
        await _change_unsaid(by, work, post, body)
    changed = _change(post, body)
    if body.photos is not None:
        await photos.put(work, post, body.photos)
    after = await _version(work, post)
    if is_said:
        await _is_something(work, post)
    if not (changed or after != before or (sent & SETTLED)):
        return post

    post.edition += 1
    post.updated_at = work.now
    if not is_said:
        await publishing.give_meaning(work, post, parsed)
        publishing.forget(work, post)
        return post
    if after != before:
        await _remember(work, post, before)
        await publishing.settle(work, post, parsed)
        await photos.open_to(work, post)
        work.emit(PostEdited(post_id=post.id, account_id=post.account_id, hashtags=parsed.values(FacetKind.HASHTAG)))
    publishing.forget(work, post)
    return post


async def settings(app: App, viewer: Actor) -> PostingSettingsRead:
    """What the viewer's posts begin with."""
    row = await pages.SETTINGS.row(app, account_id=viewer.id)
    return PostingSettingsRead.model_validate(dict(row)) if row is not None else USUAL


async def settings_in(work: Work, account_id: uuid.UUID) -> PostingSettingsRead:
    """The same inside of a work."""
    known = await queries.settings_of(work.db, account_id)
    return PostingSettingsRead.model_validate(known) if known is not None else USUAL


async def change_settings(work: Work, body: PostingSettingsUpdate) -> PostingSettingsRead:
    """Change what the actor's posts begin with, and who may quote their videos."""
    if work.actor.id is None:
        raise Unauthorized
    usual = {**USUAL.model_dump(), "account_id": work.actor.id, "updated_at": work.now}
    known = await queries.settings_to_change(work.db, usual)
    sent = body.model_dump(exclude_none=True)
    if "language" in body.model_fields_set:
        sent["language"] = body.language
    for name, value in sent.items():
        setattr(known, name, value)
    known.updated_at = work.now
    await work.db.flush()
    return PostingSettingsRead.model_validate(known)


async def _change_unsaid(by: Work, work: Work, post: Post, body: PostUpdate) -> None:
    """What may be changed as long as nobody has seen it."""
    sent = body.model_fields_set
    if body.visibility is not None:
        await _place_again(work, post, Visibility(body.visibility))
    if "quote_id" in sent:
        if work is not by:
            quoted, film = quoting.named(body.quote_id)
            await rights.sees(by, quoted, video_id=film)
        quoting.choose(post, body.quote_id)
        await quoting.check(work, post)
    if "poll" in sent:
        await polls.put(work, post, body.poll)
    if "publish_at" in sent:
        if body.publish_at is not None and body.publish_at != post.publish_at:
            policy.may_wait(body.publish_at, work.now)
        post.publish_at = body.publish_at
        post.state = PostState.SCHEDULED if body.publish_at else PostState.DRAFT


async def _place_again(work: Work, post: Post, visibility: Visibility) -> None:
    parent = await replying.check(work, post.parent_id)
    place = await replying.below(work, parent, post.channel_id, visibility) if parent else None
    post.visibility = place.visibility if place else visibility
    post.audience_id = place.audience_id if place else post.channel_id


def _change(post: Post, body: PostUpdate) -> bool:
    changed = False
    for name in (*SAID, "reply_policy", "quote_policy", "hold_replies"):
        value = getattr(body, name)
        is_sent = value is not None or (name == "language" and name in body.model_fields_set)
        if is_sent and getattr(post, name) != value:
            setattr(post, name, value)
            changed = True
    return changed


async def _version(work: Work, post: Post) -> dict[str, Any]:
    """What a post says at this moment."""
    alts = [{"alt": photo.alt, "upload": str(photo.upload_id)} for photo in await queries.photos(work.db, post.id)]
    return {**{name: getattr(post, name) for name in SAID}, "facets": post.facets, "photos": alts}


async def _remember(work: Work, post: Post, before: dict[str, Any]) -> None:
    number = await queries.last_version(work.db, post.id) + 1
    said_at = post.edited_at or post.published_at or post.created_at
    kept = {**before, "photos": [{"alt": each["alt"]} for each in before["photos"]]}
    work.db.add(PostVersion(post_id=post.id, number=number, said_at=said_at, **kept))
    post.edited_at = work.now


async def _is_something(work: Work, post: Post) -> None:
    if post.text or post.quoted_post_id or post.quoted_video_id:
        return
    if await queries.photos(work.db, post.id) or await work.db.get(Poll, post.id) is not None:
        return
    raise EmptyPost
