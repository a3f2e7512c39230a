"""Settings of what people put aside."""

from pydantic import Field

from socialflow.kernel.config.sections import Section


class ShelfSettings(Section):
    """Playlists and saved things: how many."""

    playlists_per_account: int = Field(200, ge=1, description="Lists that an account may make.")
    items_per_playlist: int = Field(5_000, ge=1, le=20_000, description="Videos on one list, watch later included.")
    collaborators_per_playlist: int = Field(
        30, ge=0, le=1_000, description="People who work on one list with its owner, or are asked to; 0: nobody."
    )
    saves_per_account: int = Field(10_000, ge=1, description="Videos and posts that an account may save.")
