"""The table of requirements in the documentation, and whether the tests that it names have run."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TABLE = ROOT / "docs" / "explanation" / "verification.md"
# | 6.2.1 | what we do | `tests/...::test_...`, `docs/...#heading` |
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
_NAMED = re.compile(r"`((?:tests|docs)/[^`]+)`")
NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row: its number in ASVS 5.0, how it is met, and what shows that."""

    number: str
    met: str
    shown: tuple[str, ...]

    @property
    def applies(self) -> bool:
        """Whether there is anything to be met here."""
        return not self.met.startswith(NOT_APPLICABLE)


def requirements() -> list[Requirement]:
    """Every row of the table."""
    rows = _ROW.findall(TABLE.read_text(encoding="utf-8"))
    return [Requirement(number, met, tuple(_NAMED.findall(shown))) for number, met, shown in rows]


def named_tests() -> set[str]:
    """Every test that the table names, `path::name`."""
    return {name for row in requirements() for name in row.shown if name.startswith("tests/")}
