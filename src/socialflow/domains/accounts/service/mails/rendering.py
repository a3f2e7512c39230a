"""From a letter and its values to a message in text and HTML that say the same."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_datetime
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from socialflow.domains.accounts.service.mails import letters
from socialflow.domains.accounts.service.mails.kinds import GIVEN, OPTIONAL, VALUES, Mail
from socialflow.domains.accounts.service.mails.letters import Either
from socialflow.kernel import texts
from socialflow.ports.mail import Message

HERE = Path(__file__).parent
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted(path.stem for path in (HERE / "locale").glob("*.po")))
TIMES = {"when", "until"}
LONGEST_VALUE = 200
LONGEST_QUOTE = 2_000
LONGEST_LINK = 2_000

_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def _linked(text: str, url: str) -> Markup:
    """The text with our own addresses, and nobody else's, as links."""
    ours = re.compile(re.escape(url) + r"(?:/[a-z/-]+)?")
    parts, end = [], 0
    for found in ours.finditer(text):
        parts += [
            escape(text[end : found.start()]),
            Markup('<a href="{0}" style="color:#4338ca">{0}</a>').format(found[0]),
        ]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


_pages.filters["linked"] = _linked


def render(kind: Mail, *, to: str, language: str, values: Mapping[str, str], instance: str, url: str) -> Message:
    """The finished message; raises ValueError for values that are not those of the kind."""
    spoken = spoken_of(language)
    filled = _checked(kind, values, url)
    filled = {name: _shown(name, value, spoken) for name, value in filled.items()}
    known = {"handle": "", **filled, "instance": texts.clean_line(instance), "url": url}
    letter = letters.LETTERS[kind]

    def say(sentence: str | Either) -> str:
        if isinstance(sentence, Either):
            sentence = sentence.given if known[sentence.value] else sentence.empty
        # Values are put in last and are not read again: braces in a name stay braces.
        return translate(sentence, spoken).format_map(known) if sentence else ""

    subject = say(letter.subject)
    page = {
        "language": spoken,
        "subject": subject,
        "greeting": say(letters.GREETING),
        "paragraphs": [said for said in map(say, letter.paragraphs) if said],
        "quote": known[letter.quote] if letter.quote else "",
        "action": say(letter.action),
        "link": known["link"] if letter.action else "",
        "if_button_fails": say(letters.IF_BUTTON_FAILS),
        "otherwise": say(letter.otherwise),
        "why": say(letter.why),
        "instance": known["instance"],
        "url": url,
    }
    return Message(
        to=to,
        subject=subject,
        text=_pages.get_template("mail.txt").render(page),
        html=_pages.get_template("mail.html").render(page),
        headers={"Content-Language": spoken},
    )


def translate(sentence: str, language: str) -> str:
    """The sentence in a language; in English where nobody has translated it."""
    return _catalogue(language).get(sentence) or sentence


def spoken_of(language: str) -> str:
    """The language of ours that is nearest to a BCP 47 tag: `de-AT` is answered in German, `xx` in English."""
    return next((each for each in (language.lower(), language.lower().partition("-")[0]) if each in LANGUAGES), SOURCE)


@cache
def _catalogue(language: str) -> dict[str, str]:
    if language == SOURCE:
        return {}
    with (HERE / "locale" / f"{language}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and not entry.fuzzy}


def _checked(kind: Mail, values: Mapping[str, str], url: str) -> dict[str, str]:
    declared = VALUES[kind]
    missing, unknown = declared - set(values), set(values) - declared - OPTIONAL
    if missing or unknown or GIVEN & set(values):
        raise ValueError(f"{kind} is told {sorted(declared)}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    link = values.get("link", url)
    if not (link == url or link.startswith((f"{url}/", f"{url}?"))) or not url.startswith(("https://", "http://")):
        raise ValueError(f"{kind}: the link does not lead to us")
    if not link.isprintable() or " " in link or len(link) > LONGEST_LINK:
        raise ValueError(f"{kind}: the link is none")
    return dict(values)


def _shown(name: str, value: str, language: str) -> str:
    """A value as it stands in a sentence: one line of bearable length, times and factors in the language."""
    if name == "link":
        return value
    if name == "reason":
        return _short(texts.clean(value), LONGEST_QUOTE)
    if name in TIMES:
        return _time(value, language)
    if name == "factor":
        return translate(letters.FACTORS.get(value, ""), language) or _one_line(value)
    return _one_line(value)


def _one_line(value: str) -> str:
    cleaned = texts.clean_line(value)
    # What is left may still be unprintable: marks that turn the direction of all that follows, for one.
    return _short("".join(letter for letter in cleaned if letter.isprintable()), LONGEST_VALUE)


def _short(value: str, most: int) -> str:
    return value if len(value) <= most else value[: most - 1] + "…"


def _time(value: str, language: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return _one_line(value)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return format_datetime(aware, "long", tzinfo=UTC, locale=language)
