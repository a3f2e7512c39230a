"""Settings of what is fetched from other people's servers."""

import ipaddress
import re
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from socialflow.kernel.config.sections import Section, Texts, split

Ports = Annotated[
    tuple[Annotated[int, Field(ge=1, le=65_535)], ...], NoDecode, BeforeValidator(split), Field(min_length=1)
]


class FetchSettings(Section):
    """Requests to addresses that people give us. By themselves they go to public addresses only."""

    ports: Ports = Field((80, 443), description="Ports that are reached, by comma.")
    allowed_networks: Texts = Field(
        (), description="Private networks that are reached as well (CIDR, by comma): they are open to everybody then."
    )
    proxy: SecretStr | None = Field(
        None,
        description="HTTP proxy that requests go through, by its address; those of the environment are not used.",
    )

    @field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(text, strict=False)) for text in texts)

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/]+/?", url.get_secret_value()):
            raise ValueError("write http://host:port")
        return url


class ImportSettings(Section):
    """Videos that are fetched from a link."""

    enabled: bool = Field(True, description="Whether people may have videos fetched from links.")
    most_open: int = Field(5, ge=1, description="Imports of one account that may be under way.")
    max_seconds: int = Field(
        6 * 3_600, ge=1, description="Longest time for one import, in seconds, without what it waits for its turn."
    )
    stall_seconds: float = Field(30.0, gt=0, description="Without a byte for so long the other side is given up.")
    least_rate: int = Field(
        16_384, ge=0, description="Bytes per second, on average, below which an import is given up."
    )
    turn_seconds: float = Field(
        60.0, gt=0, description="After so long an import that can go on later makes way for others that wait, in turn."
    )
    longest_turn_seconds: float = Field(
        1_800.0,
        gt=0,
        description="One that cannot go on later is given up after so long, if imports of other accounts wait for it.",
    )
    tries: int = Field(4, ge=1, description="Connections in a row that may fail without a byte before it is given up.")
