"""A47: every length of an upload's own has a limit, and one more than it is a clear no."""

import pytest
from tests.factories.accounts import Person
from tests.factories.costs import cheap
from tests.factories.uploads import TUS, UPLOADS, metadata


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (metadata(filename="x" * 255), 201),
        (metadata(filename="x" * 256), 422),
        (metadata(filetype="video/" + "x" * 94), 201),
        (metadata(filetype="video/" + "x" * 95), 415),
        (metadata(**{"k" * 64: "v"}), 201),
        (metadata(**{"k" * 65: "v"}), 400),
        (metadata(**{f"k{number}": "v" for number in range(32)}), 201),
        (metadata(**{f"k{number}": "v" for number in range(33)}), 400),
        ("a " + "YWFh" * 2_047, 201),
        ("a " + "YWFh" * 2_048, 400),
        (metadata(purpose="video" * 500), 422),
        ("," * 8_000, 400),
        ("=" * 8_000, 400),
        ("a" * 8_000, 400),
        (" " * 8_000, 400),
    ],
)
async def test_a47_what_a_client_says_of_a_file_is_bounded(ada: Person, given: str, status: int) -> None:
    with cheap(0.5):
        answer = await ada.http.post(UPLOADS, headers={**TUS, "Upload-Length": "5", "Upload-Metadata": given})
    assert answer.status_code == status, answer.text
    if status != 201:
        assert answer.headers["content-type"] == "application/problem+json"
