"""Whoever listens keeps the same promises; Whisper is asked where its packages, an extra, are installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.factories.clips import clip, ffmpeg
from tests.factories.speech import CountsSounds, voice_of

from socialflow.adapters.speech import whisper
from socialflow.adapters.speech.nobody import NobodyListens
from socialflow.adapters.speech.whisper import WhisperSpeech
from socialflow.ports.speech import Speech, SpeechOff, SpeechTrouble

SAID = "The harbour was quiet in the early morning. A small dog watched the gulls above the boats."
INSTALLED = pytest.mark.skipif(
    not whisper.is_installed(), reason="NOT TESTED: the packages of social-flow[speech] are not installed"
)


@pytest.fixture(params=["counting", pytest.param("whisper", marks=INSTALLED)])
def speech(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Speech:
    if request.param == "counting":
        return CountsSounds()
    return WhisperSpeech(tmp_path_factory.getbasetemp() / "models")


async def test_phrases_are_in_order_within_the_sound_and_progress_only_grows(speech: Speech, tmp_path: Path) -> None:
    heard: list[float] = []
    sound = voice_of(clip("scenes.mp4"), tmp_path)
    made = await speech.listen(sound, seconds=6.0, language=None, progress=heard.append)
    assert re.fullmatch(r"[a-z]{2,3}", made.language)
    assert 0 <= made.certainty <= 1
    at = 0.0
    for phrase in made.phrases:
        assert at <= phrase.start_s + 0.01 < phrase.end_s <= 6.1
        assert phrase.text.strip()
        at = phrase.start_s
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


async def test_in_silence_nothing_is_heard(speech: Speech, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    ffmpeg("-v", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "3", str(silent))
    made = await speech.listen(silent, seconds=3.0, language="de", progress=lambda _: None)
    assert list(made.phrases) == []
    assert made.language == "de"


async def test_what_is_no_sound_is_trouble(speech: Speech, tmp_path: Path) -> None:
    (tmp_path / "no.wav").write_bytes(b"nothing of the kind" * 50)
    with pytest.raises(SpeechTrouble):
        await speech.listen(tmp_path / "no.wav", seconds=3.0, language=None, progress=lambda _: None)
    assert (await speech.health()).ready


async def test_what_would_have_to_be_decoded_is_trouble(speech: Speech) -> None:
    with pytest.raises(SpeechTrouble):
        await speech.listen(clip("scenes.mp4"), seconds=6.0, language=None, progress=lambda _: None)


@INSTALLED
async def test_whisper_understands_what_a_machine_says(tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("NOT TESTED: there is no espeak-ng")
    wave = tmp_path / "spoken.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(wave), SAID], check=True)
    spoken = voice_of(wave, tmp_path)
    model = WhisperSpeech(tmp_path / "models")
    made = await model.listen(spoken, seconds=8.0, language=None, progress=lambda _: None)
    assert made.language == "en"
    heard = set(re.findall(r"[a-z]+", " ".join(phrase.text for phrase in made.phrases).lower()))
    assert len(heard & set(re.findall(r"[a-z]+", SAID.lower()))) >= 9


async def test_nobody_says_what_is_missing() -> None:
    health = await NobodyListens("more packages").health()
    assert (health.ready, health.remedy) == (False, "more packages")
    with pytest.raises(SpeechOff):
        await NobodyListens().listen(Path("x"), seconds=1.0, language=None, progress=lambda _: None)


@pytest.mark.skipif(whisper.is_installed(), reason="the packages are installed")
async def test_whisper_without_its_packages_says_how_to_get_them(tmp_path: Path) -> None:
    found = WhisperSpeech(tmp_path)
    health = await found.health()
    assert not health.ready
    assert "social-flow[speech]" in health.remedy
    with pytest.raises(SpeechOff):
        await found.listen(clip("scenes.mp4"), seconds=6.0, language=None, progress=lambda _: None)
