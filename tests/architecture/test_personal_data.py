"""Every table says what it keeps of people, and the document on data protection says the same."""

import re
import uuid
from pathlib import Path
from string import Formatter

from sqlalchemy import text

from socialflow.entrypoints import registry
from socialflow.kernel import personal, rotation, vault
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Erasure, Level
from socialflow.kernel.work import App
from socialflow.web.pages import privacy

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "explanation" / "data-protection.md"
FORMAT = DOCUMENT.parent.parent / "reference" / "export-format.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (\w+) \|", re.MULTILINE)
# What needs no quoting, and ends none.
NAME = re.compile(r"[a-z][a-z0-9_]*")
# What may point to a person: such a table cannot say that it is nobody's.
TELLING = {"account_id", "actor_id", "owner_id", "user_id", "follower_id", "created_by"}


def test_every_table_is_entered_and_nothing_else() -> None:
    assert registry.TABLES
    assert set(personal.holdings) == set(Base.metadata.tables)


def test_a_table_that_points_to_a_person_says_whose_rows_are_whose() -> None:
    for name, table in Base.metadata.tables.items():
        if TELLING & set(table.columns.keys()):
            assert personal.holdings[name].by, name


def test_an_entry_names_columns_that_there_are() -> None:
    for name, holding in personal.holdings.items():
        columns = set(Base.metadata.tables[name].columns.keys())
        assert set(holding.text) <= columns, name
        assert holding.hidden <= columns, name
        assert holding.size is None or holding.size in columns, name
        assert holding.kept, name
        if holding.by is not None and holding.erasure is not Erasure.DELETE:
            assert holding.why, name


def test_kinds_of_an_export_are_named_once() -> None:
    kinds = [holding.export for holding in personal.exported()]
    assert len(kinds) == len(set(kinds)) > 10


def test_the_documented_format_and_the_page_name_every_kind() -> None:
    kinds = {str(holding.export) for holding in personal.exported()}
    paragraph = FORMAT.read_text(encoding="utf-8").partition("\nKinds: ")[2].partition(". ")[0]
    assert set(re.findall(r"`(\w+)`", paragraph)) == kinds
    assert set(privacy.NAMES) == kinds


def test_what_is_public_or_personal_and_somebodys_is_in_their_export() -> None:
    # Without words of their own: where files lie, and what they add up to.
    bare = {"upload_pieces", "renditions", "asset_files", "storage_usage", "erasures"}
    # How the work went: a machine's business.
    bare |= {"transcodes", "transcode_tasks"}
    # Of files, and known to nobody.
    bare |= {"asset_keys"}
    # Gone within minutes or a day.
    bare |= {"app_codes", "device_codes", "watched_sendings"}
    missing = {name for name, each in personal.holdings.items() if each.by and not each.export}
    assert missing == bare


async def test_every_condition_is_a_statement_that_the_database_understands(app: App) -> None:
    async with app.sessions() as session:
        for name, holding in personal.holdings.items():
            for condition in (holding.condition, holding.shown_condition):
                statement = text(f'SELECT count(*) FROM "{name}" WHERE {condition}')
                values = {"account": personal.ids.new()} if holding.by else {}
                assert await session.scalar(statement, values) == 0, name


async def test_every_column_of_ciphertext_is_known_to_the_rotation_or_short_lived(app: App) -> None:
    # Sealed under what a client alone knows, and gone within a day or with the next refresh.
    passing = {"idempotency_keys.answer", "sessions.successor"}
    # Told to every page that asks for them, by the browser (WebAuthn).
    plain = {"passkeys.credential_id", "passkeys.public_key", "passkeys.user_handle"}
    sealed = {
        f"{name}.{column.name}"
        for name, table in Base.metadata.tables.items()
        for column in table.columns
        if str(column.type) == "BLOB" and not re.search(r"digest|hash|fingerprint|_mac$", column.name)
    }
    assert set(vault.columns) == sealed - passing - plain


def test_a_sealed_column_is_found_by_a_column_that_names_a_row() -> None:
    for name, sealed in vault.columns.items():
        table = Base.metadata.tables[sealed.table]
        unique = [{column.name for column in table.primary_key.columns}]
        unique += [set(each.columns.keys()) for each in table.indexes if each.unique]
        assert {sealed.row} in unique, name
        # A rotation goes through the rows by their ids.
        assert table.columns[sealed.row].type.python_type is uuid.UUID, name
        placeholders = {field for _, field, _, _ in Formatter().parse(sealed.purpose or "") if field}
        assert placeholders <= {sealed.row}, name


async def test_every_statement_about_a_sealed_column_is_one_that_the_database_understands(app: App) -> None:
    async with app.sessions() as session:
        for column in vault.columns.values():
            stale = {"one": b"1", "two": b"2", "after": None}
            assert (await session.execute(rotation._stale(column), stale)).all() == [], column.name
            assert (await session.execute(rotation._heads(column))).all() == [], column.name
            nobody = {"name": uuid.uuid4(), "value": b"x"}
            await session.execute(rotation._write(column), nobody)


def test_names_that_become_sql_are_those_of_tables_and_columns() -> None:
    for name, holding in personal.holdings.items():
        columns = set(Base.metadata.tables[name].columns.keys())
        assert NAME.fullmatch(name)
        # Whatever is no name is a condition, and is tried above.
        named = {*holding.text, *(each for each in (holding.by, holding.shows, holding.size) if each)}
        assert {each for each in named if each.isidentifier()} <= columns, name
        assert all(map(NAME.fullmatch, columns)), name
    for column in vault.columns.values():
        assert {column.column, column.row} <= set(Base.metadata.tables[column.table].columns.keys()), column.name


def test_the_document_classifies_every_table_as_the_code_does() -> None:
    said = {name: (level, erasure) for name, level, erasure in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))}
    held = {
        name: (str(each.level), str(each.erasure) if each.by else "none") for name, each in personal.holdings.items()
    }
    assert said == held


def test_the_document_says_what_every_level_asks_for() -> None:
    headings = re.findall(r"^### (\w+)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert [heading.lower() for heading in headings] == [str(level) for level in Level]
