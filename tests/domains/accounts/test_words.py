"""Every fact about a member has a sentence for them."""

import ast
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from socialflow.domains.accounts.service import failing
from socialflow.domains.accounts.service.words import WORDS, said


def sources(folder: Traversable) -> Iterator[str]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from sources(each)
        elif each.name.endswith(".py"):
            yield each.read_text(encoding="utf-8")


def tags(tag: ast.expr) -> set[str]:
    """What the first argument can be; of a made-up tag what it begins with."""
    match tag:
        case ast.Constant(value=str(value)):
            return {value}
        case ast.IfExp(body=body, orelse=other):
            return tags(body) | tags(other)
        case ast.JoinedStr(values=[ast.Constant(value=str(value)), *_]):
            return {value}
        case ast.Name(id="FAILED"):
            return {failing.FAILED}
    raise AssertionError(ast.dump(tag))


def about_members() -> set[str]:
    """Tags of all facts that are noted with a member."""
    found: set[str] = set()
    for source in sources(resources.files("socialflow")):
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Attribute(attr="note", value=ast.Name(id="work")), args=[tag, _]):
                    found |= tags(tag)
    return found


def test_every_fact_about_a_member_has_a_sentence() -> None:
    found = about_members()
    assert {"account:session:started", "account:login:failed", "app:client:disabled", "staff:account:viewed"} <= found
    silent = {
        tag for tag in found if not any(each == tag or (tag[-1] == ":" and each.startswith(tag)) for each in WORDS)
    }
    assert silent == set()


def test_a_sentence_without_its_details_is_the_tag_in_words() -> None:
    assert said("account:terms:accepted", {"version": "7"}) == "You accepted the terms, version 7"
    assert said("account:terms:accepted", None) == "Terms accepted"
