"""What a store answers that has no addresses to hand out."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from socialflow.ports.storage import (
    Address,
    Direct,
    NotDirect,
    Part,
    PartsId,
    Stored,
    Unfinished,
    check_key,
    check_prefix,
)


class Indirect:
    """The half of an ObjectStore that is about addresses, where all bytes pass through us."""

    @property
    def direct(self) -> Direct | None:
        """Nothing."""
        return None

    async def address_to_get(self, key: str, *, lasts: timedelta) -> Address:
        """Raises NotDirect."""
        del lasts
        raise NotDirect(check_key(key))

    async def address_to_put(self, key: str, *, size: int, content_type: str, lasts: timedelta) -> Address:
        """Raises NotDirect."""
        del size, content_type, lasts
        raise NotDirect(check_key(key))

    async def start_parts(self, key: str, *, content_type: str) -> PartsId:
        """Raises NotDirect."""
        del content_type
        raise NotDirect(check_key(key))

    async def part_address(self, parts: PartsId, number: int, *, size: int, lasts: timedelta) -> Address:
        """Raises NotDirect."""
        del number, size, lasts
        raise NotDirect(check_key(parts.key))

    async def complete_parts(
        self, parts: PartsId, sent: Sequence[Part], *, size: int, sha256: str | None = None
    ) -> Stored:
        """Raises NotDirect."""
        del sent, size, sha256
        raise NotDirect(check_key(parts.key))

    async def abort_parts(self, parts: PartsId) -> None:
        """Nothing was ever sent."""
        check_key(parts.key)

    async def sent_bytes(self, parts: PartsId) -> int:
        """Nothing was ever sent."""
        check_key(parts.key)
        return 0

    async def purge_parts(self, parts: PartsId) -> None:
        """Nothing was ever sent."""
        check_key(parts.key)

    async def unfinished_parts(self, prefix: str) -> AsyncIterator[Unfinished]:
        """Nothing."""
        check_prefix(prefix)
        nothing: tuple[Unfinished, ...] = ()
        for unfinished in nothing:
            yield unfinished
