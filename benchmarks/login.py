"""What logging in costs, what checking a token costs, and what others feel while 200 people log in at once.

`python benchmarks/login.py [SECONDS]`. The first table sets each cost beside its floor, measured in the same run: a
log-in beside one bare Argon2id verification with the same parameters, a token's check beside one bare signature. The
second table is about other people: readers who ask at a steady pace, first alone and then while 200 log-ins are in
flight all the time; what matters is their p95, which should stay within twice that of the quiet. Log-ins beyond the
line are turned away with 503, as they should be; how many shows in the table.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
from instance import running, sign_up
from joserfc import jws
from joserfc.jwk import ECKey
from pwdlib.hashers.argon2 import Argon2Hasher
from rich.console import Console
from rich.table import Table

from socialflow.domains.accounts.service import AccessTokens, Claims, new_signing_keys
from socialflow.domains.accounts.service.passwords import LANES, MEMORY_KIB, PASSES
from socialflow.kernel import ids

AT_ONCE = 200
ACCOUNTS = 20
READERS, PACE_S = 16, 0.1
PASSWORD = "a benchmark's password"
LOG_INS = 40


@dataclass(frozen=True, slots=True)
class Felt:
    """What readers felt; times in seconds."""

    p50: float
    p95: float
    requests: int
    errors: int


def timed(act: Callable[[], object], times: int) -> float:
    """Median seconds of one call."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def token_costs() -> list[tuple[str, float, str]]:
    """A token's check, the first time and the next, beside one signature's."""
    tokens = AccessTokens(new_signing_keys(), issuer="bench", ttl_seconds=900)
    now = datetime.now(UTC)
    claims = Claims(ids.new(), ids.new(), "user", frozenset({"read", "write"}), now + tokens.ttl)
    fresh = iter([tokens.issue(claims, now) for _ in range(200)])
    known = tokens.issue(claims, now)
    tokens.read(known, now)
    key = ECKey.generate_key("P-256")
    bare = jws.serialize_compact({"alg": "ES256"}, b"x" * 300, key)
    return [
        ("one bare ES256 verification (joserfc)", timed(lambda: jws.deserialize_compact(bare, key), 200), "floor"),
        ("an access token, seen for the first time", timed(lambda: tokens.read(next(fresh), now), 200), ""),
        ("the same token again", timed(lambda: tokens.read(known, now), 2_000), ""),
    ]


def login_costs(url: str) -> list[tuple[str, float, str]]:
    """One log-in after the other, beside one bare Argon2id verification."""
    hasher = Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
    encoded = hasher.hash(PASSWORD)

    with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:

        def log_in(login: str, password: str) -> None:
            client.post("/api/v1/auth/login", json={"login": login, "password": password})

        return [
            ("one bare Argon2id verification", timed(lambda: hasher.verify(PASSWORD, encoded), LOG_INS), "floor"),
            ("POST /auth/login, right password", timed(lambda: log_in("bench_0", PASSWORD), LOG_INS), ""),
            ("POST /auth/login, wrong password", timed(lambda: log_in("bench_0", "wrong" * 3), LOG_INS), ""),
            ("POST /auth/login, nobody of that name", timed(lambda: log_in("nobody", "wrong" * 3), LOG_INS), ""),
        ]


async def read(url: str, token: str, seconds: float) -> Felt:
    """Ask for lists, details and one's own account at a steady pace."""
    paths = ("/api/v1/videos", "/api/v1/me", "/api/v1/feed/following", "/api/v1/instance")
    taken: list[float] = []
    errors = 0
    until = time.perf_counter() + seconds

    async def reader(client: httpx2.AsyncClient) -> None:
        nonlocal errors
        await asyncio.sleep(random.uniform(0, PACE_S))
        while (began := time.perf_counter()) < until:
            answer = await client.get(random.choice(paths))
            taken.append(time.perf_counter() - began)
            errors += answer.status_code != httpx2.codes.OK
            await asyncio.sleep(PACE_S)

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        await asyncio.gather(*(reader(client) for _ in range(READERS)))
    taken.sort()
    return Felt(taken[len(taken) // 2], taken[len(taken) * 95 // 100], len(taken), errors)


async def storm(url: str, seconds: float) -> str:
    """Keep 200 log-ins in flight; `entered turned-away other`, as text."""
    # In life these people bring processors of their own.
    os.nice(10)
    counts = {"entered": 0, "turned away": 0, "other": 0}
    until = time.perf_counter() + seconds
    limits = httpx2.Limits(max_connections=AT_ONCE)

    async def person(client: httpx2.AsyncClient, number: int) -> None:
        body = {"login": f"bench_{number % ACCOUNTS}", "password": PASSWORD}
        while time.perf_counter() < until:
            status = (await client.post("/api/v1/auth/login", json=body)).status_code
            kind = {200: "entered", 503: "turned away", 429: "turned away"}.get(status, "other")
            counts[kind] += 1
            if kind != "entered":
                await asyncio.sleep(1)

    async with httpx2.AsyncClient(base_url=url, timeout=60, trust_env=False, limits=limits) as client:
        await asyncio.gather(*(person(client, number) for number in range(AT_ONCE)))
    return "RESULT " + " ".join(str(count) for count in counts.values())


def felt(url: str, token: str, seconds: float) -> tuple[list[Felt], str]:
    """Quiet, storm, quiet; and what became of the log-ins."""
    before = asyncio.run(read(url, token, seconds))
    raging = subprocess.Popen(
        [sys.executable, __file__, "--storm", url, str(seconds + 2)], stdout=subprocess.PIPE, text=True
    )
    time.sleep(1)
    during = asyncio.run(read(url, token, seconds))
    said, _ = raging.communicate()
    result = next(line for line in said.splitlines() if line.startswith("RESULT"))
    return [before, during, asyncio.run(read(url, token, seconds))], result.removeprefix("RESULT ")


def main(seconds: float) -> int:
    """Measure and print both tables; exit code 1 when a reader met an error."""
    lifted = ("LOGIN_ACCOUNT", "LOGIN_ADDRESS", "LOGIN_GLOBAL", "REGISTER_ADDRESS")
    limits = {f"SF_LIMITS__{name}": "1000000/1" for name in lifted}
    with running(**limits) as url:
        # Somebody else: whoever logs in again and again ends their own oldest sessions.
        token = sign_up(url, "reader").headers["Authorization"].removeprefix("Bearer ")
        for number in range(ACCOUNTS):
            sign_up(url, f"bench_{number}").close()
        costs = [*login_costs(url), *token_costs()]
        seen, entered = felt(url, token, seconds)

    table = Table(title=f"one at a time, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for head in ("what", "median"):
        table.add_column(head, justify="left" if head == "what" else "right")
    for what, cost, _ in costs:
        table.add_row(what, f"{cost * 1e3:.2f} ms" if cost > 1e-4 else f"{cost * 1e6:.1f} µs")
    Console(width=120).print(table)

    others = Table(title=f"{READERS} readers, each every {PACE_S * 1e3:.0f} ms, for {seconds:g} s")
    for head in ("while", "p50", "p95", "requests", "errors"):
        others.add_column(head, justify="left" if head == "while" else "right")
    for name, one in zip(("nobody logs in", f"{AT_ONCE} log-ins are in flight", "nobody again"), seen, strict=True):
        others.add_row(name, f"{one.p50 * 1e3:.1f} ms", f"{one.p95 * 1e3:.1f} ms", str(one.requests), str(one.errors))
    Console(width=120).print(others)
    good, turned, other = entered.split()
    quiet = (seen[0].p95 + seen[2].p95) / 2
    print(f"log-ins: {good} entered, {turned} turned away (503), {other} other")
    print(f"p95 of readers under log-ins: {seen[1].p95 / quiet:.2f} of the quiet's (wanted: 2 at most)")
    return int(any(one.errors for one in seen))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--storm"]:
        print(asyncio.run(storm(sys.argv[2], float(sys.argv[3]))))
    else:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0))
