"""Write what the mails are made of: HTML from its MJML, and the list of sentences to translate.

`python tools/compile_mails.py` writes, `--check` tells by its exit code whether anything would change.
"""

import io
import sys
from pathlib import Path

import mrml
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from socialflow.domains.accounts.service.mails import letters

FOLDER = Path(letters.__file__).parent


def layout() -> str:
    """The compiled layout: a Jinja template."""
    return mrml.to_html((FOLDER / "templates" / "mail.mjml").read_text(encoding="utf-8")).content + "\n"


def sentences() -> str:
    """The template of all translations."""
    catalogue = Catalog(fuzzy=False)
    for sentence in dict.fromkeys(letters.sentences()):
        catalogue.add(sentence)
    out = io.BytesIO()
    write_po(out, catalogue, omit_header=True, width=0)
    return out.getvalue().decode()


def products() -> dict[Path, str]:
    """Every file that is made, and what belongs into it."""
    return {FOLDER / "templates" / "mail.html": layout(), FOLDER / "locale" / "mails.pot": sentences()}


def main(arguments: list[str]) -> int:
    """Write the files, or check them."""
    stale = [
        path for path, content in products().items() if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is not fresh: run tools/compile_mails.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(products()[path], encoding="utf-8")
        print(f"wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
