"""Identifiers: a prefix and 26 characters outside, a UUIDv7 inside."""

import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from socialflow.kernel import ids
from socialflow.kernel.ids import AccountId, MalformedId, VideoId


class Form(BaseModel):
    video_id: VideoId
    account_id: AccountId


@given(st.uuids())
def test_what_is_shown_is_read_again(value: uuid.UUID) -> None:
    shown = ids.show("vid", value)

    assert len(shown) == len("vid_") + 26
    assert ids.parse("vid", shown) == value


@given(st.text(max_size=40))
def test_other_text_is_refused_and_breaks_nothing(text: str) -> None:
    try:
        value = ids.parse("vid", text)
    except MalformedId:
        return
    assert ids.show("vid", value) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vid",
        "vid_",
        "acc_01jdxyz7q4e5v8w9r0t1y2p3a4",
        "vid_01jdxyz7q4e5v8w9r0t1y2p3a",
        "vid_01jdxyz7q4e5v8w9r0t1y2p3a44",
        "vid_81jdxyz7q4e5v8w9r0t1y2p3a4",
        "VID_01jdxyz7q4e5v8w9r0t1y2p3a4",
        "vid_01JDXYZ7Q4E5V8W9R0T1Y2P3A4",
        "vid_01jdxyz7q4e5v8w9r0t1y2p3il",
        "vid_01jdxyz7q4e5v8w9r0t1y2p3a\u0664",
        "vid_01jdxyz7q4e5v8w9r0t1y2p3a4\n",
        "vid__1jdxyz7q4e5v8w9r0t1y2p3a4",
    ],
)
def test_only_the_exact_form_is_an_id(text: str) -> None:
    with pytest.raises(MalformedId):
        ids.parse("vid", text)


def test_ids_are_version_7_unique_and_in_the_order_of_time() -> None:
    first = [ids.new() for _ in range(5_000)]
    time.sleep(0.002)
    later = ids.new()

    assert {value.version for value in first} == {7}
    assert len(set(first)) == len(first)
    assert all(ids.show("x", value) < ids.show("x", later) for value in first)


def test_a_model_takes_either_form_and_writes_the_outer_one() -> None:
    video, account = ids.new(), ids.new()

    form = Form.model_validate({"video_id": ids.show("vid", video), "account_id": account})

    assert form.video_id == video
    assert form.model_dump(mode="json") == {"video_id": ids.show("vid", video), "account_id": ids.show("acc", account)}


@pytest.mark.parametrize(
    "value", [1, None, "1", ids.show("acc", uuid.UUID(int=7)), b"vid_01jdxyz7q4e5v8w9r0t1y2p3a4", []]
)
def test_a_model_refuses_what_is_no_id_of_its_type(value: object) -> None:
    with pytest.raises(ValidationError, match="not a video id"):
        Form.model_validate({"video_id": value, "account_id": ids.new()})


def test_the_schema_tells_the_form() -> None:
    schema = Form.model_json_schema()["properties"]["video_id"]

    assert schema["type"] == "string"
    assert schema["pattern"].startswith("^vid_")
