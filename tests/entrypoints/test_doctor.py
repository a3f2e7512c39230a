"""The doctor: every fault is found, and every finding that is none has a remedy."""

import asyncio
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.factories.federation import with_providers
from tests.factories.issuers import Issuer, serving
from tests.factories.s3 import BUCKET, moto_server

from socialflow.entrypoints import doctor
from socialflow.entrypoints.doctor import Finding
from socialflow.entrypoints.engines import folders
from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.valkey import Valkey
from socialflow.kernel.config import (
    DatabaseSettings,
    HttpSettings,
    MailSettings,
    MediaSettings,
    RedisSettings,
    Settings,
    StorageSettings,
)

NOWHERE = DatabaseSettings(url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))


def look(check: doctor.Check, settings: Settings) -> Finding:
    async def once() -> Finding:
        return await check(settings)

    return asyncio.run(once())


def test_an_encoder_that_is_no_program_is_a_fault(tmp_path: Path) -> None:
    settings = Settings(media=MediaSettings(ffmpeg_bin=tmp_path / "none"))

    for check in (doctor.encoder, doctor.sandbox):
        found = look(check, settings)
        assert found.level == "fault"
        assert found.remedy


def test_hardware_that_was_asked_for_and_does_not_encode_is_a_warning_with_the_reason() -> None:
    assert look(doctor.hardware, Settings()).level == "ok"
    found = look(doctor.hardware, Settings(media=MediaSettings(hardware="vaapi")))
    if found.level == "ok":
        pytest.skip(f"NOT TESTED: this machine has {found.text}")

    assert found.level == "warning"
    assert "encoding in software; vaapi: " in found.text
    assert "SF_MEDIA__HARDWARE=off" in found.remedy


@pytest.mark.parametrize("check", [doctor.database, doctor.clock])
def test_a_database_out_of_reach_is_told(check: doctor.Check) -> None:
    found = look(check, Settings(database=NOWHERE))

    assert found.level != "ok"
    assert found.remedy


def test_a_database_without_our_schema_is_told(test_database: str) -> None:
    empty = f"postgresql://socialflow@/postgres?{test_database.partition('?')[2]}"

    found = look(doctor.database, Settings(database=DatabaseSettings(url=SecretStr(empty))))
    assert found.level == "fault"
    assert found.remedy == "socialflow db migrate"


def test_a_redis_that_evicts_is_a_warning_and_one_that_is_away_a_fault(tmp_path: Path) -> None:
    daemon = Daemon(Valkey(tmp_path / "valkey", tmp_path / "valkey.log", durable=False))
    daemon.start()
    settings = Settings(redis=RedisSettings(url=SecretStr(daemon.engine.url)))
    assert look(doctor.redis, settings).level == "ok"

    path = daemon.engine.url.removeprefix("unix://").partition("?")[0]
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        line.sendall(b"CONFIG SET maxmemory-policy allkeys-lru\r\n")
        line.recv(16)
    assert look(doctor.redis, settings).level == "warning"

    daemon.halt()
    assert look(doctor.redis, settings).level == "fault"


def test_a_store_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    found = look(doctor.storage, Settings(storage=StorageSettings(root=tmp_path / "file")))
    assert found.level == "fault"
    assert look(doctor.storage, Settings(storage=StorageSettings(kind="s3"))).level == "fault"
    assert look(doctor.storage, Settings(data_dir=tmp_path / "new")).level == "ok"
    (tmp_path / "objects").mkdir()
    assert look(doctor.storage, Settings(data_dir=tmp_path)).level == "ok"


def test_a_bucket_out_of_reach_is_a_fault_with_a_remedy() -> None:
    nowhere = StorageSettings(
        kind="azure",
        bucket="videos",
        account="example",
        account_key=SecretStr("bm90LWEta2V5"),
        endpoint="http://127.0.0.1:9/example",
        timeout_seconds=1,
        retries=0,
    )
    found = look(doctor.storage, Settings(storage=nowhere))

    assert (found.level, "videos exists" in found.remedy) == ("fault", True)
    assert "bm90LWEta2V5" not in found.text
    lacking = look(doctor.storage, Settings(storage=StorageSettings(kind="azure", bucket="videos")))
    assert "SF_STORAGE__ACCOUNT" in lacking.text


def test_a_bucket_that_works_is_named(tmp_path: Path) -> None:
    with moto_server(tmp_path) as address:
        there = StorageSettings(
            kind="s3",
            bucket=BUCKET,
            endpoint=address,
            access_key_id="AKIATESTS",
            secret_access_key=SecretStr("not-a-secret"),
        )
        found = look(doctor.storage, Settings(storage=there))

    assert (found.level, found.remedy) == ("ok", "")
    assert f"{BUCKET}; takes direct uploads" in found.text


def test_a_port_in_use_is_a_warning_unless_it_is_ours(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = Settings(data_dir=tmp_path, http=HttpSettings(port=other.getsockname()[1]))
        assert look(doctor.port, settings).level == "warning"

        with folders.held(tmp_path):
            folders.remember(tmp_path, {"address": "http://localhost:1", "pid": "7"})
            assert "process 7" in look(doctor.port, settings).text


def test_a_check_that_fails_or_hangs_is_a_finding_too() -> None:
    async def broken(_: Settings) -> Finding:
        raise RuntimeError("no idea")

    async def everything() -> list[Finding]:
        return [finding async for finding in doctor.examine(Settings(), (broken, hanging), patience=0.05)]

    async def hanging(_: Settings) -> Finding:
        await asyncio.sleep(10)
        return doctor.good("never", "reached")

    levels = [(finding.subject, finding.level, bool(finding.remedy)) for finding in asyncio.run(everything())]
    assert levels == [("broken", "fault", True), ("hanging", "fault", True)]


@pytest.mark.parametrize("kind", ["maildir", "console"])
def test_mail_that_reaches_nobody_is_a_fault_in_production_alone(kind: str) -> None:
    mail = MailSettings.model_validate({"kind": kind})
    at_home = Settings(mail=mail)

    assert look(doctor.mail, at_home).level == "ok"
    found = look(doctor.mail, at_home.model_copy(update={"environment": "production"}))
    assert found.level == "fault"
    assert "SF_MAIL__KIND" in found.remedy


@pytest.mark.parametrize("kind", ["smtp", "sendgrid"])
def test_mail_without_what_it_needs_is_a_fault(kind: str) -> None:
    found = look(doctor.mail, Settings(mail=MailSettings.model_validate({"kind": kind})))
    assert found.level == "fault"
    assert "SF_MAIL__" in found.text


def test_a_mail_servers_password_in_the_clear_is_a_warning() -> None:
    mail = MailSettings(kind="smtp", smtp_host="mail.example.org", smtp_tls="none", smtp_user="u")
    assert look(doctor.mail, Settings(mail=mail)).level == "warning"
    assert look(doctor.mail, Settings(mail=mail.model_copy(update={"smtp_tls": "starttls"}))).level == "ok"


def test_each_other_provider_is_asked(tmp_path: Path) -> None:
    issuer = Issuer()
    with serving(issuer.app()) as issuer.address:
        settings = with_providers(Settings(data_dir=tmp_path), acme={"issuer": issuer.address})
        assert (look(doctor.providers, settings).level, look(doctor.providers, Settings()).level) == ("ok", "ok")
        issuer.metadata = {"issuer": "https://attacker.example"}
        found = look(doctor.providers, settings)
    assert (found.level, bool(found.remedy)) == ("fault", True)
    assert "another issuer" in found.text
    assert look(doctor.providers, settings).level == "fault", "nor is one that is silent good"
