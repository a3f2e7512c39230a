"""Places: every adapter answers any text, and one with a file says what that knows."""

from pathlib import Path

import pytest
from tests.factories import mmdb

from socialflow.adapters.places.maxmind import MaxMindPlaces
from socialflow.adapters.places.nowhere import NowherePlaces
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.ports.places import Places

BERLIN = {"city": {"names": {"de": "Berlin", "en": "Berlin"}}, "country": {"names": {"en": "Germany"}}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return mmdb.write(
        tmp_path / "city.mmdb",
        {
            "192.0.2.0/24": BERLIN,
            "198.51.100.0/25": {"country": {"names": {"en": "Chile"}}},
            "203.0.113.7/32": {"city": {"names": {"fr": "Lyon"}}, "traits": {"is_proxy": "no"}},
        },
    )


@pytest.fixture(params=["maxmind", "nowhere"])
def places(request: pytest.FixtureRequest, file: Path) -> Places:
    return MaxMindPlaces(file) if request.param == "maxmind" else NowherePlaces()


@pytest.mark.parametrize("address", ["", "unknown", "10.0.0.1", "2001:db8::1", "203.0.113.7", "999.1.1.1", "\x00", "é"])
def test_nothing_is_known_of_what_is_unknown(places: Places, address: str) -> None:
    assert places.of(address) is None


def test_a_file_tells_city_and_country(file: Path) -> None:
    places = MaxMindPlaces(file)
    assert places.of("192.0.2.200") == "Berlin, Germany"
    assert places.of("198.51.100.127") == "Chile"
    assert places.of("198.51.100.128") is None


@pytest.mark.parametrize("content", [b"", b"no database", mmdb.MARK])
def test_a_file_that_is_no_database_is_refused_at_the_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mmdb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        MaxMindPlaces(path)


async def test_a_setting_that_names_no_database_is_said_to(settings: Settings, tmp_path: Path) -> None:
    auth = settings.auth.model_copy(update={"place_database": tmp_path / "nothing.mmdb"})
    with pytest.raises(InvalidSettings, match="SF_AUTH__PLACE_DATABASE"):
        async with open_app(settings.model_copy(update={"auth": auth})):
            pass
