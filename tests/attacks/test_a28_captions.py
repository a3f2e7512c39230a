"""A28 and A40 for what stands beside a picture: captions and chapters are words, and name no file."""

import httpx2
import pytest
from tests.attacks.test_a28_stored_scripts import SCRIPTS
from tests.conftest import deliver_all
from tests.factories.accounts import Person
from tests.factories.assets import files_of
from tests.factories.videos import asset_of, video

from socialflow.kernel.work import App

QUEUES = ("default",)
RAW = ("<script", "<img", "<svg", "</title", "<!--", "<c", "<v", "STYLE", "REGION", "X-TIMESTAMP")
HEADS = ("STYLE\n::cue { background: url(https://evil.example) }\n", "REGION\nid:x\n", "NOTE <script>\n")
FONT = (
    "[Script Info]\nScriptType: v4.00+\n\n[Fonts]\nfontname: ../../x.ttf\n!!\n\n[Graphics]\nfilename: /etc/passwd\n\n"
)
EVENTS = (
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\fnx}<script>alert(1)</script>\n"
)


async def test_a28_captions_are_served_as_words(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    made = (await video(app, ada))["id"]
    cues = [f"00:{at:02}.000 --> 00:{at:02}.900 line:0 evil:1\n{text}\n" for at, text in enumerate(SCRIPTS)]
    sent = "\n".join(["WEBVTT <script>\nX-TIMESTAMP-MAP=LOCAL:0\n", *HEADS, *cues])
    label = '"><script>alert(1)</script>,URI="//evil.example"'
    for language, body in (("en", sent), ("de", FONT + EVENTS)):
        path = f"/videos/{made}/captions/{language}"
        answer = await ada.put(path, content=body.encode(), params={"label": label})
        assert answer.status_code == 200, answer.text
    await ada.patch(f"/videos/{made}", {"description": "0:00 <script>\n0:20 <img src=x>\n0:40 --> x"})
    await deliver_all(app, times=1, queues=QUEUES)

    shown = (await client.get(f"/api/v1/videos/{made}")).json()["playback"]["captions"]
    assert len(shown) == 2
    for each in shown:
        served = await client.get(each["url"])
        assert served.headers["content-type"] == "text/vtt"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert not [raw for raw in RAW if raw in served.text]
        assert "javascript:" not in served.text or "<" not in served.text.replace("<i>", "").replace("<b>", "")
    folder = shown[0]["url"].rpartition("/")[0]
    master = (await client.get(f"{folder}/master.m3u8")).text
    listed = [line for line in master.splitlines() if "TYPE=SUBTITLES" in line]
    assert len(listed) == 2
    for line in listed:
        assert line.count('URI="') == 1
        assert line.endswith('.m3u8"')
        assert "NAME=\"'><script>alert(1)</script>,URI='//evil.example'" in line
    page = (await client.get(f"/watch/{made}")).text
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "language", ["..%2f..", "en%2f..%2fde", "en%00", "en.vtt", "%2e%2e", "captions-en", "EN-" * 20]
)
async def test_a40_a_language_is_no_path(app: App, ada: Person, language: str) -> None:
    made = (await video(app, ada))["id"]
    before = set(await files_of(app, await asset_of(app, made)))
    body = b"1\n00:00:01,000 --> 00:00:02,000\nx\n"
    for tail in ("", "/cues", "/file"):
        answer = await ada.put(f"/videos/{made}/captions/{language}{tail}", content=body)
        assert answer.status_code in {400, 404, 405, 422}, (tail, answer.status_code)
    await deliver_all(app, times=1, queues=QUEUES)
    assert set(await files_of(app, await asset_of(app, made))) == before
