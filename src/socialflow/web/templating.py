"""Jinja2, with the filters and the few globals that templates may use."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from socialflow.web import text
from socialflow.web.assets import Assets


def environment(folder: Path, assets: Assets, *, watched: bool = False) -> Environment:
    """The templates: escaped always, strict about names; `watched` reads them again after a change."""
    env = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=watched,
    )
    env.filters.update(
        count=text.count,
        plural=text.plural,
        clock=text.clock,
        spoken=text.spoken,
        ago=text.ago,
        long_date=text.long_date,
        long_time=text.long_time,
        rich=text.rich,
        faceted=text.faceted,
        initial=text.initial,
        size=text.size,
        hue=text.hue,
    )
    env.globals["asset"] = assets.url
    env.globals["modules"] = assets.modules
    env.globals["icon"] = _icons(folder / "icons").__getitem__
    return env


def _icons(folder: Path) -> dict[str, Markup]:
    """The drawings of an SVG icon by name; decoration only, so hidden from screen readers."""
    icons = {}
    for path in folder.glob("*.svg"):
        shapes = re.sub(r"\s+", " ", path.read_text(encoding="utf-8").split("\n>", 1)[1].rsplit("</svg>", 1)[0]).strip()
        head = '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">'
        icons[path.stem] = Markup(head + shapes + "</svg>")  # noqa: S704  # files of this package, read at the start
    return icons
