"""Whether an account is known to be used by such a device, or from near; what people call it is `devices`'."""

import ipaddress
import re
import uuid
from datetime import timedelta

from sqlalchemy import select

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.models import Account, AccountState, Session
from socialflow.kernel.work import Work

REMEMBERED = timedelta(days=90)
# The first that is found counts: Edge calls itself Chrome, too, and Chrome Safari.
PROGRAMS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOpera\b"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\bFirefox/|\bFxiOS/"),
    ("Chrome", r"\bChrome/|\bCriOS/|\bChromium/"),
    ("Safari", r"\bSafari/"),
    ("the app", r"\bDart/|\bokhttp/|\bCFNetwork/"),
    ("a script", r"^(?:curl|Wget|python|httpx|aiohttp|Go-http|node|axios)"),
)
PLATFORMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac OS X\b|\bMacintosh\b|\bDarwin\b"),
    ("Linux", r"\bLinux\b"),
)
# A household or an office, roughly: its provider may give it another address tomorrow.
NETWORK_BITS = {4: 24, 6: 48}
NOBODY = uuid.UUID(int=0)


def kind_of(user_agent: str) -> tuple[str, str]:
    """Family and platform, empty where none is known."""
    return _first(PROGRAMS, user_agent), _first(PLATFORMS, user_agent)


def network_of(address: str) -> str:
    """The network around an address; the text itself where it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ipaddress.ip_network((mapped, NETWORK_BITS[mapped.version]), strict=False))


async def unfamiliar(work: Work, session_id: uuid.UUID) -> tuple[Account, Session] | None:
    """The session and its account, unless the account is known to be used like that.

    Familiar is what has the same family, platform and network as another session of the last 90
    days; and the session that began with the account itself.
    """
    session = await work.db.get(Session, session_id)
    account = await work.db.get(Account, session.account_id) if session is not None else None
    if session is None or account is None or account.state != AccountState.ACTIVE:
        return None
    if session.created_at == account.created_at:
        return None
    others = await work.db.execute(
        select(Session.user_agent, Session.address).where(
            Session.account_id == account.id,
            Session.id != session.id,
            Session.created_at <= session.created_at,
            Session.last_used_at > session.created_at - REMEMBERED,
        )
    )
    known = {(kind_of(agent), network_of(address)) for agent, address in others}
    return None if (kind_of(session.user_agent), network_of(session.address)) in known else (account, session)


async def is_known_near(work: Work, account: Account | None, address: str) -> bool:
    """Whether somebody is logged in to the account from the network of an address, or was within 90 days.

    Of no account it is never known, and that is found out by the same look at the database.
    """
    since = work.now - REMEMBERED
    known = await queries.addresses_of(work.db, account.id if account else NOBODY, since, work.now)
    return network_of(address) in map(network_of, known)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, text)), "")
