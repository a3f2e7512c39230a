"""What holds of every provider."""

from urllib.parse import parse_qs, urlsplit

import pytest
from tests.adapters.identity.conftest import ADA, BOB, Known, challenge
from tests.factories.issuers import consent

from socialflow.adapters.identity.grants import s256
from socialflow.ports.identity import (
    Answer,
    Challenge,
    Identity,
    IdentityDenied,
    IdentityRefused,
    Native,
    NativeProof,
    ProviderTrouble,
)


async def log_in(known: Known, subject: str, using: Challenge | None = None) -> Identity:
    """The whole way: to the provider, through its form, and back."""
    using = using or challenge()
    came = consent(await known.provider.authorization_url(using), subject)
    assert came["state"] == using.state
    return await known.provider.exchange(Answer(came["code"]), using)


async def test_a_browser_is_sent_to_the_provider_with_what_ties_the_answer_to_it(known: Known) -> None:
    using = challenge()

    url = await known.provider.authorization_url(using)

    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(known.issuer + "/")
    assert asked["response_type"] == "code"
    assert asked["state"] == using.state
    assert asked["redirect_uri"] == using.redirect_uri
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (s256(using.verifier), "S256")
    assert using.verifier not in url
    assert known.kind in {"facebook", "x"} or asked["nonce"] == using.nonce
    assert (asked.get("response_mode") == "form_post") == (known.kind == "apple")


async def test_somebody_is_the_same_each_time_and_nobody_else(known: Known) -> None:
    first, again, other = await log_in(known, ADA), await log_in(known, ADA), await log_in(known, BOB)

    assert (first.issuer, first.subject) == (known.issuer, ADA)
    assert first == again
    assert (other.issuer, other.subject) == (known.issuer, BOB)
    assert first.name == "Ada Lovelace"
    assert first.email == ("ada@gmail.com" if known.tells_email else None)
    assert first.email_verified is known.tells_verified


async def test_a_code_is_good_once(known: Known) -> None:
    using = challenge()
    came = consent(await known.provider.authorization_url(using), ADA)
    await known.provider.exchange(Answer(came["code"]), using)

    with pytest.raises(IdentityRefused):
        await known.provider.exchange(Answer(came["code"]), using)


async def test_a_code_is_good_for_the_log_in_that_asked_for_it_alone(known: Known) -> None:
    using = challenge()
    came = consent(await known.provider.authorization_url(using), ADA)

    with pytest.raises(IdentityRefused):
        await known.provider.exchange(Answer(came["code"]), challenge())


async def test_a_code_that_is_none_is_refused(known: Known) -> None:
    for code in ("", "made-up", "x" * 5_000):
        with pytest.raises(IdentityRefused):
            await known.provider.exchange(Answer(code), challenge())


async def test_an_answer_in_another_issuers_name_is_refused(known: Known) -> None:
    using = challenge()
    came = consent(await known.provider.authorization_url(using), ADA)
    for other in ("https://attacker.example", f"{known.issuer}/", "", known.issuer.upper()):
        with pytest.raises(IdentityRefused):
            await known.provider.exchange(Answer(came["code"], issuer=other), using)

    assert (await known.provider.exchange(Answer(came["code"], issuer=known.issuer), using)).subject == ADA


async def test_who_says_no_is_told_from_what_went_wrong(known: Known) -> None:
    using = challenge()
    came = consent(await known.provider.authorization_url(using), deny=True)

    with pytest.raises(IdentityDenied):
        await known.provider.exchange(Answer(error=came["error"]), using)
    with pytest.raises(ProviderTrouble):
        await known.provider.exchange(Answer(error="server_error"), using)


async def test_an_app_brings_what_the_provider_takes_and_nothing_else(known: Known) -> None:
    for proof in (
        NativeProof(),
        NativeProof(id_token="x", nonce="n" * 20),
        NativeProof(id_token="a.b.c"),
        NativeProof(access_token="made up"),
    ):
        with pytest.raises(IdentityRefused):
            await known.provider.verify(proof)
    assert known.provider.takes == {
        "facebook": {Native.ID_TOKEN, Native.ACCESS_TOKEN},
        "x": set(),
    }.get(known.kind, {Native.ID_TOKEN})


async def test_a_provider_that_is_there_is_found_in_good_health(known: Known) -> None:
    assert await known.provider.health()
