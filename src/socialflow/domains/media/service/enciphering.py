"""Where an asset stands between streams as they are, and as they are wanted: the marks on its row.

`protecting` is how far the writing is, `shield` what is in force; `held` stays where protection was taken off while an
asset was made, whose first streams wait under names that nobody can ask for, until all of them are written plain.
"""

from socialflow.domains.media.events import ProtectionWanted
from socialflow.domains.media.models import Asset
from socialflow.domains.media.queries import protection as queries
from socialflow.domains.media.schemas import ProtectionState
from socialflow.kernel.work import Work
from socialflow.ports.packaging import Protection

PROTECTING, SHIELD, HELD = "protecting", "shield", "held"
WORKING, FAILED = {"state": ProtectionState.WORKING.value}, {"state": ProtectionState.FAILED.value}


def is_protected(asset: Asset) -> bool:
    """Whether streams of an asset are to be enciphered."""
    return asset.protection not in {None, Protection.NONE}


def is_held(asset: Asset) -> bool:
    """Whether streams that are made of an asset are shown only once they are written anew: enciphered, or plain."""
    return is_protected(asset) or not asset.extras.keys().isdisjoint({SHIELD, HELD})


def is_working(asset: Asset) -> bool:
    """Whether its streams are being written anew."""
    return bool(asset.extras.get(PROTECTING) == WORKING)


def has_failed(asset: Asset) -> bool:
    """Whether they could not be."""
    return bool(asset.extras.get(PROTECTING) == FAILED)


def without(asset: Asset, *names: str) -> dict[str, object]:
    """The extras of an asset but for some."""
    return {name: value for name, value in asset.extras.items() if name not in names}


async def begin(work: Work, asset: Asset) -> None:
    """Have the streams of a ready asset, which the caller holds, written as is wanted."""
    key = await queries.in_force(work.db, asset.id)
    asset.extras = {**asset.extras, PROTECTING: WORKING}
    asset.updated_at = work.now
    work.emit(ProtectionWanted(asset_id=asset.id, account_id=asset.account_id, replaces=key.id if key else None))


async def begin_again(work: Work, asset: Asset) -> None:
    """The same where an asset is ready again with what it had, and something else was wanted meanwhile.

    Whatever was to write it has found it being made anew, and has left it to whoever would end that.
    """
    asset.extras = without(asset, HELD)
    key = await queries.in_force(work.db, asset.id)
    differs = (asset.protection or Protection.NONE) != (key.protection if key else Protection.NONE)
    if is_working(asset) or (differs and not has_failed(asset)):
        await begin(work, asset)
