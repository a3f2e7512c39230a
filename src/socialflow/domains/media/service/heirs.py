"""A video gets another file: what people have brought beside the former one goes along.

Captions that somebody wrote are copied, for the former file is still watched for a while; a picture of the owner's
own is given away, with its object. What programs made stays with the file that it was made of, unless the one was made
of the other by an edit: then all words go along, to where they belong now (`remapping`).
"""

import uuid

from socialflow.domains.media.events import CaptionsChanged, PosterChosen
from socialflow.domains.media.models import Asset
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.queries import captions as captions_queries
from socialflow.domains.media.schemas import HearingState
from socialflow.domains.media.service import delivery, hearing, protection, remapping
from socialflow.domains.media.service.assets import KEEP_SUPERSEDED
from socialflow.domains.media.service.enciphering import is_protected
from socialflow.domains.media.service.extras import OWN
from socialflow.domains.media.service.remapping import Passage
from socialflow.kernel.work import Work
from socialflow.ports.packaging import Protection


async def hand_over(work: Work, giver_id: uuid.UUID, heir_id: uuid.UUID) -> Passage | None:
    """Let an asset have what people have brought to another; their files follow a moment later.

    Returns how times of the one become times of the other, where one is an edit of the other.
    """
    held = {each: await queries.locked(work.db, each) for each in sorted((giver_id, heir_id))}
    giver, heir = held[giver_id], held[heir_id]
    passage = await remapping.passage(work, giver_id, heir_id)
    if giver is None or heir is None:
        return passage
    heard = giver.extras.get("hearing", {})
    if passage is not None:
        listen = await remapping.words(work, passage, giver, heir)
    else:
        await captions_queries.copy_written(work.db, giver_id, heir_id, work.now)
        listen = await captions_queries.has_automatic(work.db, giver_id)
    work.emit(CaptionsChanged(asset_id=heir_id))
    await _give_poster(work, giver, heir)
    if is_protected(giver) and giver.protection != heir.protection:
        # Where an owner has asked for more than the site does; until that is made, the new file is as the site says.
        await protection.want(work, heir_id, Protection(giver.protection or Protection.NONE))
    if listen or heard.get("state") == HearingState.WORKING:
        hearing.ask_again(work, heir, heard.get("language"))
    return passage


async def _give_poster(work: Work, giver: Asset, heir: Asset) -> None:
    given = dict(giver.extras)
    taken = dict(heir.extras)
    until = work.now + KEEP_SUPERSEDED
    if "own" in given and await queries.give_file(work.db, giver.id, heir.id, OWN, until=until):
        taken["own"] = given.pop("own")
    chosen = given.get("chosen")
    if chosen is not None and chosen["name"] == OWN:
        edition = max(chosen["edition"], taken.get("chosen", {}).get("edition", 0)) + 1
        taken["chosen"] = {**chosen, "edition": edition}
        # Whatever was under way for the former file finds nothing to do.
        given["chosen"] = {"name": OWN, "edition": chosen["edition"]}
        work.emit(PosterChosen(asset_id=heir.id, edition=edition))
    giver.extras, heir.extras = given, taken
    for asset in (giver, heir):
        asset.updated_at = work.now
        delivery.shelves.forget(asset.id)
