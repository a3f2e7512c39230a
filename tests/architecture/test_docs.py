"""What the documents name exists: paths, verbs of make, commands, settings, links; and they name no machine."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from socialflow.entrypoints.cli import COMMANDS
from socialflow.kernel import config

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), ROOT / "NOTICE", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
SECTIONS = ["## Context", "## Decision", "## Consequences", "## Check"]
LONGEST_DECISION = 70

FOLDERS = r"(?:src|tests|docs|tools|examples|benchmarks|deploy|\.ci|\.github)"
PATH = re.compile(rf"(?<![\w./-]){FOLDERS}/[\w./-]*[\w/]")
FILE = re.compile(r"`((?:[A-Z]+\.md|Makefile|NOTICE|LICENSE|[\w-]+\.(?:toml|lock|in|yml|yaml)))`")
CODE = re.compile(r"^```.*?^```|^(?: {4}[^\n]*\n)+|`[^`\n]+`", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?:^|[`&;$] ?)make ([a-z][a-z-]*)", re.MULTILINE)
COMMAND = re.compile(r"(?:^|[`/]|\bbin/)\s*socialflow ([a-z]+)", re.MULTILINE)
SETTING = re.compile(r"\bSF_[A-Z0-9_]+\b")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TICKET = re.compile(r"\bissue #?\d", re.IGNORECASE)

# Addresses that a reader may be sent to, and those of examples.
HOSTS = {
    "127.0.0.1",
    "::1",
    "api.pwnedpasswords.com",
    "api.eu.sendgrid.com",
    "api.sendgrid.com",
    "cdn.example.org",
    "cloudfront.amazonaws.com",
    "cta-wave.github.io",
    "d111111abcdef8.cloudfront.net",
    "ffmpeg.org",
    "github.com",
    "keepachangelog.com",
    "localhost",
    "login.example.org",
    "s3.example.org",
    "semver.org",
    "varnish.internal",
    "tus.io",
    "video.example.org",
}


def each(paths: list[Path]) -> pytest.MarkDecorator:
    """One test per document."""
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


@each(DOCUMENTS)
def test_every_path_that_is_named_exists(path: Path) -> None:
    text = LINK.sub("", path.read_text(encoding="utf-8"))
    named = {*PATH.findall(text), *FILE.findall(text)}
    assert not sorted(name for name in named if not (ROOT / name).exists())


@each(DOCUMENTS)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if urlsplit(target).scheme:
            continue
        file, _, anchor = target.partition("#")
        found = path if not file else (path.parent / file).resolve()
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert not broken


@each(DOCUMENTS)
def test_every_verb_of_make_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    named = {verb for code in code_of(path) for verb in MAKE.findall(code)}
    assert not sorted(named - verbs)


@each(DOCUMENTS)
def test_every_command_and_setting_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = {name for code in code_of(path) for name in COMMAND.findall(code)}
    settings = {name.removesuffix("_FILE") for name in SETTING.findall(text)} - config.META_KEYS
    assert not sorted(commands - set(COMMANDS))
    assert not sorted(name for name in settings if not config.is_setting(name))


@each(DOCUMENTS)
def test_addresses_are_of_known_hosts(path: Path) -> None:
    urls = re.findall(r"https?://(?:\[[\d:a-f]+\])?[^\s)\]>\"'`]*", path.read_text(encoding="utf-8"))
    found = {urlsplit(url).hostname for url in urls}
    assert not sorted(str(host) for host in found - HOSTS if host)


@each(DECISIONS)
def test_a_decision_is_one_page_with_its_check(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {int(path.name[:4])}. ")
    assert any(line.startswith("Status: ") for line in lines[:4])
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    assert len(lines) <= LONGEST_DECISION


def test_every_port_stands_with_its_adapters_tests() -> None:
    named = re.findall(
        r"^\| `ports/(\w+)(?:\.py)?` \|.*\| `(tests/adapters/\w+/\w+\.py)` \|$",
        (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    ports = {path.stem for path in (ROOT / "src" / "socialflow" / "ports").glob("[a-z]*")}
    assert {name for name, _ in named} == ports
    assert all(suite.startswith(f"tests/adapters/{name}/") for name, suite in named)


def test_decisions_are_numbered_once_and_listed() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (ROOT / "docs" / "adr" / "index.md").read_text(encoding="utf-8"))
    assert listed == [path.name for path in DECISIONS]


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert set(re.findall(r"[\w/-]+\.md", navigation)) == pages


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "requirements-speech.lock", "requirements-tools.lock"]
)
def test_a_lock_has_hashes_and_no_address(name: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    requirements = text.replace("\\\n", " ").splitlines()
    assert requirements
    assert "://" not in text
    assert "--index-url" not in text
    assert not [line for line in requirements if "==" not in line or "--hash=sha256:" not in line]


def test_no_file_names_the_machine_it_was_written_on() -> None:
    names = [f"{ROOT}/"] if len(ROOT.parts) > 2 else []
    for variable in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY"):
        host = urlsplit(os.environ.get(variable, "")).hostname
        if host and host not in {"pypi.org", "registry.npmjs.org"}:
            names.append(host)
    found = [f"{path}: {name}" for path, text in texts() for name in names if name in text]
    assert not found


def test_no_file_points_to_a_ticket() -> None:
    assert not [str(path) for path, text in texts() if TICKET.search(text)]


def anchors(path: Path) -> set[str]:
    """Anchors of a page's headings, as the site and the forge make them."""
    headings = HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def code_of(path: Path) -> list[str]:
    """Code spans and blocks of a document, blocks without their indentation."""
    found = CODE.findall(path.read_text(encoding="utf-8"))
    return [re.sub(r"^ {4}", "", code, flags=re.MULTILINE) for code in found]


def texts() -> Iterator[tuple[Path, str]]:
    """Our own text files, without those of others and without what tools have made."""
    folders = ("src", "tests", "tools", "docs", "examples", "benchmarks", ".ci", ".github")
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in files:
        if {"vendor", "node_modules", "__pycache__"} & set(path.parts):
            continue
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
