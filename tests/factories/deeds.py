"""What people do that must happen once: as requests that may be sent again, and what each is to change."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from socialflow.kernel.work import App
from tests.factories.accounts import Person, form
from tests.factories.channels import channel, employ, invite
from tests.factories.posts import post
from tests.factories.shelves import invite as invite_to_playlist
from tests.factories.shelves import playlist, put
from tests.factories.videos import FILES, arrive, upload, video

PREFIX = "/api/v1"
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Deed:
    """One request, and what is more or less afterwards in the terms of `worlds.change`."""

    method: str
    path: str
    changes: dict[str, int]
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    again: int = 0

    @property
    def is_keyed(self) -> bool:
        """Whether it is repeated by its key; any other is the same when it is done twice."""
        return self.method == "POST"

    async def send(self, client: httpx2.AsyncClient, url: str = "") -> httpx2.Response:
        """Do it, through any client and at any server."""
        return await client.request(self.method, url + PREFIX + self.path, json=self.body, headers=self.headers)

    async def insist(self, client: httpx2.AsyncClient, url: str = "") -> httpx2.Response:
        """Do it, again and again while it is said that one may come back."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await self.send(client, url)
                if answer.status_code not in {409, 503} or "retry-after" not in answer.headers:
                    return answer
                await asyncio.sleep(0.1)


Make = Callable[[App, Person, Person], Awaitable[Deed]]


def _deed(person: Person | None, method: str, path: str, body: Any = None, *, again: int = 0, **changes: int) -> Deed:
    headers = {"Authorization": f"Bearer {person.access_token}"} if person else {}
    if method == "POST":
        headers["Idempotency-Key"] = f"once {path}"
        changes["idempotency_keys"] = 1
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return Deed(method, path, named, body, headers, again)


async def _register(app: App, ada: Person, bob: Person) -> Deed:
    told = {"AccountRegistered": 1, "ChannelCreated": 1, "LoggedIn": 1, "audit_events": 1, "audit_details": 1}
    return _deed(None, "POST", "/auth/register", form("cleo"), accounts=1, channels=1, handles=1, sessions=1, **told)


async def _create_video(app: App, ada: Person, bob: Person) -> Deed:
    upload_id = await upload(ada)
    await arrive(app, upload_id, "ready")
    body = {"title": "A walk", "upload_id": upload_id, "visibility": "public"}
    numbers = {"videos": 1, "videos__edition": 1, "channels__video_count": 1}
    return _deed(ada, "POST", "/videos", body, VideoCreated=1, VideoPublished=1, **numbers)


async def _publish(app: App, ada: Person, bob: Person) -> Deed:
    path = f"/videos/{(await video(app, ada, visibility='private'))['id']}"
    told = {"VideoUpdated": 1, "VideoPublished": 1}
    return _deed(ada, "PATCH", path, {"visibility": "public"}, videos__edition=1, channels__video_count=1, **told)


async def _delete_video(app: App, ada: Person, bob: Person) -> Deed:
    path = f"/videos/{(await video(app, ada, visibility='public'))['id']}"
    files = {"uploads": -1, "assets": -1, "asset_files": -len(FILES)}
    gone = {"videos": -1, "videos__edition": -1, "channels__video_count": -1, **files}
    told = {"VideoUnpublished": 1, "VideoDeleted": 1, "AssetWithdrawn": 1, "AssetDeleted": 1}
    return _deed(ada, "DELETE", path, again=404, **gone, **told)


async def _post_comment(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    body = {"subject_id": subject, "text": "How blue!"}
    return _deed(bob, "POST", "/comments", body, comments=1, CommentPosted=1, videos__comment_count=1)


async def _follow(app: App, ada: Person, bob: Person) -> Deed:
    counted = {"channels__follower_count": 1, "channels__following_count": 1}
    return _deed(bob, "PUT", f"/follows/{ada.channel_id}", follows=1, Followed=1, **counted)


async def _create_list(app: App, ada: Person, bob: Person) -> Deed:
    return _deed(bob, "POST", "/lists", {"title": "Gardeners"}, people_lists=1)


async def _share_video(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="named"))["id"]
    return _deed(ada, "PUT", f"/videos/{subject}/viewers/{bob.channel_id}", video_viewers=1, VideoShared=1)


async def _like(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    return _deed(bob, "PUT", f"/likes/{subject}", likes=1, Liked=1, videos__like_count=1)


async def _keep_position(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    return _deed(bob, "PUT", f"/me/positions/{subject}", {"position_ms": 6_000}, watches=1)


async def _create_playlist(app: App, ada: Person, bob: Person) -> Deed:
    return _deed(bob, "POST", "/playlists", {"title": "Seas"}, playlists=1, playlists__edition=1, PlaylistCreated=1)


async def _add_item(app: App, ada: Person, bob: Person) -> Deed:
    made = (await playlist(bob))["id"]
    subject = (await video(app, ada, visibility="public"))["id"]
    counted = {"playlist_items": 1, "playlists__item_count": 1, "PlaylistItemAdded": 1}
    return _deed(bob, "POST", f"/playlists/{made}/items", {"video_id": subject}, **counted)


async def _remove_item(app: App, ada: Person, bob: Person) -> Deed:
    made = (await playlist(bob))["id"]
    item = await put(bob, made, (await video(app, ada, visibility="public"))["id"])
    counted = {"playlist_items": -1, "playlists__item_count": -1, "PlaylistItemRemoved": 1}
    return _deed(bob, "DELETE", f"/playlists/{made}/items/{item['id']}", **counted)


async def _rename_playlist(app: App, ada: Person, bob: Person) -> Deed:
    made = (await playlist(bob))["id"]
    return _deed(bob, "PATCH", f"/playlists/{made}", {"title": "Other"}, playlists__edition=1, PlaylistUpdated=1)


async def _delete_playlist(app: App, ada: Person, bob: Person) -> Deed:
    made = (await playlist(bob))["id"]
    gone = {"playlists": -1, "playlists__edition": -1, "PlaylistDeleted": 1}
    return _deed(bob, "DELETE", f"/playlists/{made}", again=404, **gone)


async def _invite_to_playlist(app: App, ada: Person, bob: Person) -> Deed:
    made = (await playlist(bob))["id"]
    path = f"/playlists/{made}/collaborators/{ada.channel_id}"
    return _deed(bob, "PUT", path, playlist_collaborators=1, PlaylistCollaboratorInvited=1)


async def _join(app: App, ada: Person, bob: Person) -> Deed:
    made = (await playlist(ada))["id"]
    await invite_to_playlist(ada, made, bob, join=False)
    return _deed(bob, "PUT", f"/playlists/{made}/collaboration", PlaylistCollaboratorJoined=1)


async def _leave_playlist(app: App, ada: Person, bob: Person) -> Deed:
    made = (await playlist(ada))["id"]
    await invite_to_playlist(ada, made, bob)
    path = f"/playlists/{made}/collaboration"
    return _deed(bob, "DELETE", path, playlist_collaborators=-1, PlaylistCollaboratorLeft=1)


async def _save(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    return _deed(bob, "PUT", f"/saves/{subject}", saves=1)


async def _say(app: App, ada: Person, bob: Person) -> Deed:
    asked = await post(ada, "What do you think?")
    body = {"text": "A lot of #blue, @ada", "parent_id": asked["id"]}
    counted = {"posts": 1, "posts__edition": 1, "posts__reply_count": 1, "hashtags": 1, "hashtags__post_count": 1}
    rows = {**counted, "post_hashtags": 1, "post_mentions": 1}
    return _deed(bob, "POST", "/posts", body, PostPublished=1, Mentioned=1, **rows)


async def _delete_post(app: App, ada: Person, bob: Person) -> Deed:
    said = await post(ada, "Never mind", poll={"options": ["Yes", "No"]})
    gone = {"posts": -1, "posts__edition": -1, "polls": -1, "poll_options": -2}
    return _deed(ada, "DELETE", f"/posts/{said['id']}", again=404, PostDeleted=1, **gone)


async def _vote(app: App, ada: Person, bob: Person) -> Deed:
    asked = await post(ada, "Where to?", poll={"options": ["Sea", "Mountains"]})
    counted = {"poll_votes": 1, "poll_options__vote_count": 1, "polls__voter_count": 1}
    return _deed(bob, "PUT", f"/posts/{asked['id']}/vote", {"choices": [0]}, PollVoted=1, **counted)


async def _repost(app: App, ada: Person, bob: Person) -> Deed:
    said = await post(ada, "For everybody")
    return _deed(bob, "PUT", f"/reposts/{said['id']}", reposts=1, Reposted=1, posts__repost_count=1)


async def _follow_tag(app: App, ada: Person, bob: Person) -> Deed:
    counted = {"hashtags": 1, "hashtags__follower_count": 1, "hashtag_follows": 1}
    return _deed(bob, "PUT", "/me/tags/green", HashtagFollowed=1, **counted)


async def _create_channel(app: App, ada: Person, bob: Person) -> Deed:
    body = {"handle": "engines", "display_name": "Engines"}
    return _deed(ada, "POST", "/channels", body, channels=1, handles=1, ChannelCreated=1)


async def _rename_channel(app: App, ada: Person, bob: Person) -> Deed:
    renamed = (await channel(ada, "lady"))["id"]
    told = {"ChannelRenamed": 1, "audit_events": 1, "audit_details": 1}
    return _deed(ada, "PUT", f"/channels/{renamed}/handle", {"handle": "countess"}, handles=1, **told)


async def _invite(app: App, ada: Person, bob: Person) -> Deed:
    told = {"CollaboratorInvited": 1, "audit_events": 1, "audit_details": 1}
    where = f"/channels/{ada.channel_id}/collaborators/{bob.channel_id}"
    return _deed(ada, "PUT", where, {"role": "editor"}, channel_members=1, **told)


async def _accept(app: App, ada: Person, bob: Person) -> Deed:
    # A channel of its own each, since deeds are also done all at once.
    joined = (await channel(ada, "joined"))["id"]
    await invite(ada, joined, bob, "editor")
    told = {"CollaboratorJoined": 1, "audit_events": 1, "audit_details": 1}
    return _deed(bob, "PUT", f"/me/collaborations/{joined}", **told)


async def _leave_team(app: App, ada: Person, bob: Person) -> Deed:
    left = (await channel(ada, "left_alone"))["id"]
    await employ(ada, bob, "editor", left)
    told = {"CollaboratorLeft": 1, "audit_events": 1, "audit_details": 1}
    return _deed(bob, "DELETE", f"/me/collaborations/{left}", channel_members=-1, **told)


async def _pin(app: App, ada: Person, bob: Person) -> Deed:
    subjects = [(await video(app, ada, visibility="public"))["id"]]
    body = {"subject_ids": subjects}
    return _deed(ada, "PUT", f"/channels/{ada.channel_id}/pins", body, channel_pins=1, ChannelUpdated=1)


async def _dislike(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    await bob.put(f"/likes/{subject}")
    moved = {"likes": -1, "videos__like_count": -1, "reaction_counts": 1, "reaction_counts__number": 1}
    return _deed(bob, "PUT", f"/dislikes/{subject}", dislikes=1, Disliked=1, Unliked=1, **moved)


async def _react(app: App, ada: Person, bob: Person) -> Deed:
    said = await post(ada, "For everybody")
    counted = {"reactions": 1, "reaction_counts": 1, "reaction_counts__number": 1}
    return _deed(bob, "PUT", f"/reactions/{said['id']}", {"emoji": "\N{PARTY POPPER}"}, Reacted=1, **counted)


async def _hide_comment(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    said = (await bob.post("/comments", {"subject_id": subject, "text": "rude"})).json()
    return _deed(ada, "PUT", f"/comments/{said['id']}/hidden", CommentHidden=1, videos__comment_count=-1)


async def _approve_comment(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    assert (await ada.put(f"/comment-rules/{subject}", json={"mode": "held"})).is_success
    said = (await bob.post("/comments", {"subject_id": subject, "text": "for @ada"})).json()
    told = {"CommentPosted": 1, "MentionedInComment": 1, "comment_mentions": 1}
    return _deed(ada, "PUT", f"/comments/{said['id']}/approval", videos__comment_count=1, **told)


async def _approve_reply(app: App, ada: Person, bob: Person) -> Deed:
    top = await post(ada, "What do you think?", hold_replies=True)
    reply = await post(bob, "Nothing", parent_id=top["id"])
    return _deed(ada, "PUT", f"/replies/{reply['id']}/approval", PostPublished=1, posts__reply_count=1)


# By the name of the operation.
DEEDS: dict[str, Make] = {
    "register": _register,
    "createVideo": _create_video,
    "updateVideo": _publish,
    "deleteVideo": _delete_video,
    "postComment": _post_comment,
    "followChannel": _follow,
    "createList": _create_list,
    "shareVideo": _share_video,
    "like": _like,
    "keepPosition": _keep_position,
    "createPlaylist": _create_playlist,
    "addPlaylistItem": _add_item,
    "removePlaylistItem": _remove_item,
    "updatePlaylist": _rename_playlist,
    "deletePlaylist": _delete_playlist,
    "invitePlaylistCollaborator": _invite_to_playlist,
    "joinPlaylist": _join,
    "leavePlaylist": _leave_playlist,
    "save": _save,
    "createPost": _say,
    "deletePost": _delete_post,
    "vote": _vote,
    "repost": _repost,
    "followTag": _follow_tag,
    "createChannel": _create_channel,
    "renameChannel": _rename_channel,
    "inviteCollaborator": _invite,
    "acceptInvitation": _accept,
    "leaveTeam": _leave_team,
    "setPins": _pin,
    "dislike": _dislike,
    "react": _react,
    "hideComment": _hide_comment,
    "approveComment": _approve_comment,
    "approveReply": _approve_reply,
}
