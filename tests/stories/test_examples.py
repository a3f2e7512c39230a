"""The examples tell the truth: each runs against a whole installation; the tutorial is its script, word for word."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from tests.factories.accounts import form
from tests.factories.clips import clip
from tests.factories.instance import Instance

from socialflow.entrypoints.engines.postgres import find_binaries

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
APPS = ROOT / "docs" / "how-to" / "let-other-apps-log-in.md"
BACKUP = ROOT / "docs" / "how-to" / "back-up.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "first-upload.md"

pytestmark = [pytest.mark.xdist_group("run"), pytest.mark.slow]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with Instance(tmp_path_factory.mktemp("examples") / "data", "--no-demo") as running:
        yield running.wait_ready()


@pytest.fixture(scope="module")
def film() -> Path:
    return clip("wide.mp4")


def tell(*command: str | Path, **environment: str) -> str:
    """Run an example; what it printed."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=110, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tutorial_leads_to_a_video_that_plays(instance: Instance, film: Path) -> None:
    said = tell("bash", EXAMPLES / "first_upload.sh", film, API=f"{instance.url}/api/v1")

    assert f"of {film.stat().st_size} bytes" in said
    assert f"the server has {film.stat().st_size // 2} bytes" in said
    assert "#EXTM3U" in said
    assert re.search(rf"watch it at {instance.url}/watch/vid_\w{{26}}\n", said)


def test_the_tutorial_fails_for_a_file_that_is_no_video(instance: Instance, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader, this is not a film.\n" * 100)
    done = subprocess.run(
        ["bash", EXAMPLES / "first_upload.sh", letter],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env={**os.environ, "API": f"{instance.url}/api/v1"},
    )

    assert done.returncode != 0
    assert done.stdout.rstrip().splitlines()[-1].startswith("failed")


def test_the_tutorial_and_its_script_have_the_same_commands() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    told = [line for block in blocks for line in block.splitlines()]
    script = (EXAMPLES / "first_upload.sh").read_text(encoding="utf-8").partition("set -euo pipefail\n")[2]
    assert told == [line for line in script.splitlines() if line and not line.startswith("#")]


def test_a_foreign_tus_client_goes_on_after_a_broken_connection(instance: Instance, film: Path) -> None:
    said = tell(sys.executable, EXAMPLES / "upload_with_tuspy.py", film, instance.url)

    assert "going on from there" in said
    assert re.search(r"is (partially_playable|ready)", said)


def test_a_follower_finds_the_video_likes_it_and_comments(instance: Instance, film: Path) -> None:
    said = tell(sys.executable, EXAMPLES / "follow_and_feed.py", film, instance.url)

    assert "friend's feed: 'A day out'" in said
    assert "likes 1, comments 2" in said


def test_the_guide_to_backups_makes_a_dump_that_can_be_restored(instance: Instance, tmp_path: Path) -> None:
    (commands,) = re.findall(r"^```sh\n(.*?)^```", BACKUP.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    commands = commands.replace(".venv/bin/python", sys.executable).replace(".socialflow", str(instance.data_dir))
    tell("sh", "-ec", f"cd {tmp_path}\n{commands}")

    url = instance.fact("database_url")
    tables = tell(find_binaries() / "pg_restore", "--list", tmp_path / "social-flow.dump")
    assert "TABLE DATA public accounts" in tables
    tell(find_binaries() / "psql", url, "-c", "CREATE DATABASE restored")
    restored = url.replace("/socialflow?", "/restored?")
    tell(find_binaries() / "pg_restore", "--no-owner", "--dbname", restored, tmp_path / "social-flow.dump")
    assert tell(find_binaries() / "psql", restored, "-Atc", "SELECT count(*) FROM alembic_version").strip() == "1"
    assert "secrets/secret" in tell("tar", "--list", "--file", tmp_path / "objects.tgz")


def test_the_guide_to_apps_lets_one_in_by_code_and_on_a_device(instance: Instance) -> None:
    found = re.findall(r"^(?: {4}[^\n]*\n)+", APPS.read_text(encoding="utf-8"), re.MULTILINE)
    blocks = [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in found if "$" in block]
    register, ask, exchange, refresh, device, poll = blocks
    token = httpx2.post(f"{instance.url}/api/v1/auth/register", json=form("tess")).json()["access_token"]
    person = httpx2.Client(base_url=f"{instance.url}/api/v1", headers={"Authorization": f"Bearer {token}"})

    app = json.loads(tell("bash", "-euc", register.replace("http://localhost:8000", instance.url), TOKEN=token))
    known = {"API": instance.url, "CLIENT_ID": app["id"]}
    said = tell("bash", "-euc", f"{ask}\necho $VERIFIER", **known)
    address, verifier = said.split()
    asked = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
    assert httpx2.get(address).headers["location"].startswith("/login?next=/oauth/authorize")
    back = person.post("/oauth/grants", json={**asked, "allow": True}).json()["redirect_to"]
    came = dict(parse_qsl(urlsplit(back).query))
    assert back.startswith("http://127.0.0.1:9000/back?")
    assert came["state"] == asked["state"]

    given = json.loads(tell("bash", "-euc", exchange, CODE=came["code"], VERIFIER=verifier, **known))
    assert (given["expires_in"], given["scope"]) == (900, "read write:likes")
    again = json.loads(tell("bash", "-euc", refresh, REFRESH=given["refresh_token"], **known))
    assert again["refresh_token"] != given["refresh_token"]

    shown = json.loads(tell("bash", "-euc", device, **known))
    allowed = person.post("/oauth/device-requests", json={"user_code": shown["user_code"], "allow": True})
    assert allowed.status_code == 204
    on_it = json.loads(tell("bash", "-euc", poll, DEVICE_CODE=shown["device_code"], **known))
    speaking = {"Authorization": f"Bearer {on_it['access_token']}"}
    assert httpx2.get(f"{instance.url}/api/v1/me", headers=speaking).json()["handle"] == "tess"
    person.close()
