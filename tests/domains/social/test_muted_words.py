"""Muted words and hashtags, beside the plain way of saying what they mean: a regular expression for each of them."""

import random
import re
import uuid

from sqlalchemy import text

from socialflow.domains.social.models import mutes_words
from socialflow.domains.social.schemas import term_of
from socialflow.kernel.work import SYSTEM, App

CASES, SEED = 4_000, 20_261_201
# Letters of either case and several scripts, marks that belong to letters, signs of regular expressions, ends of words
# and of lines; some letters are not as long in lower case.
LETTERS = [*"aAbB_09ßéÉİΣς猫ネコの", "\u0131", "\u017f", "\u093e", "\u094d", "\u0301", "\u200d", "\U0001f30a"]
SIGNS = [*"########  ..-*+?^$|()[]{}\\/'&,\n\t", "\u00a0", "\u3000", "。"]
ESCAPED = r"regexp_replace(mute.term, '([.*+?^${}()|\[\]\\-])', '\\\1', 'g')"
PLAIN = rf"""
    EXISTS (SELECT FROM mutes AS mute WHERE mute.account_id = cases.viewer AND mute.term IS NOT NULL
    AND (mute.expires_at IS NULL OR mute.expires_at > now()) AND (
        (mute.kind = 'word' AND lower(cases.said) ~ ('(^|\W)(' || {ESCAPED} || ')($|\W)'))
        OR (mute.kind = 'hashtag' AND lower(cases.said) ~ ('(^|\W)(#' || {ESCAPED} || ')($|\W)'))
        OR (mute.kind = 'hashtag' AND mute.term = ANY(cases.tags))
    ))
"""
OURS = mutes_words("cases.viewer", "cases.said", "cases.tags")
UNTAGGED = mutes_words("cases.viewer", "cases.said")


def words(chance: random.Random, most: int) -> str:
    """Letters and signs, as they come."""
    return "".join(chance.choice(chance.choice((LETTERS, LETTERS, SIGNS))) for _ in range(chance.randint(1, most)))


def term(chance: random.Random, said: str) -> str | None:
    """What might be muted: a piece of the text, a word of it, or anything."""
    begin = chance.randrange(len(said))
    piece = said[begin : begin + chance.randint(1, 6)]
    given = chance.choice((piece, chance.choice(re.findall(r"\w+", said) or ["a"]), words(chance, 3)))
    # As the door lets it in.
    given = given.removeprefix("#").strip()
    return term_of(given) if given.strip("#").strip() else None


async def test_a_word_is_muted_where_a_regular_expression_of_it_would_find_it(app: App) -> None:
    chance = random.Random(SEED)
    cases, mutes = [], []
    for _ in range(CASES):
        viewer, said = uuid.UUID(int=chance.getrandbits(128)), words(chance, 24)
        tags = [word for word in said.lower().split() if chance.random() < 0.3]
        cases.append({"viewer": viewer, "said": said, "tags": tags})
        for kind in chance.choices(("word", "hashtag"), k=chance.randint(0, 3)):
            over = chance.choice((None, None, -1, 1))
            mutes.append({"viewer": viewer, "kind": kind, "term": term(chance, said), "over": over})
    async with app.work(SYSTEM) as work:
        # For this transaction it stands before the table of that name, and asks for no accounts.
        await work.db.execute(text("CREATE TEMP TABLE mutes (LIKE public.mutes INCLUDING INDEXES) ON COMMIT DROP"))
        await work.db.execute(text("CREATE TEMP TABLE cases (viewer uuid, said text, tags text[]) ON COMMIT DROP"))
        await work.db.execute(text("INSERT INTO cases VALUES (:viewer, :said, :tags)"), cases)
        put = text("""
            INSERT INTO mutes (id, account_id, kind, term, expires_at, created_at)
            VALUES (gen_random_uuid(), :viewer, :kind, :term, now() + make_interval(hours => :over), now())
            ON CONFLICT DO NOTHING
        """)
        await work.db.execute(put, [each for each in mutes if each["term"] is not None])
        await work.db.execute(text("ANALYZE mutes"))
        asked = f"SELECT said, tags, {PLAIN} AS plain, {OURS} AS ours, {UNTAGGED} AS untagged FROM cases"
        found = (await work.db.execute(text(asked))).all()
    assert len(found) == CASES
    assert [row for row in found if row.plain != row.ours] == []
    assert [row for row in found if row.untagged and not row.ours] == []
    # The cases are worth something: neither answer is rare.
    assert CASES // 5 < sum(row.plain for row in found) < CASES - CASES // 5
