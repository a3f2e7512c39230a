"""Tokens that apps bring: for which app they were made, and for whom."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.adapters.identity.conftest import ADA, BOB, settings_of
from tests.factories.issuers import Facebook, serving

from socialflow.adapters.identity import choosing
from socialflow.kernel import crypto
from socialflow.ports.identity import IdentityProvider, IdentityRefused, NativeProof

NONCE = "a nonce of an app's"


@dataclass(frozen=True, slots=True)
class Side:
    """Facebook, and the provider that believes it."""

    facebook: Facebook
    provider: IdentityProvider


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    facebook = Facebook({ADA: {"name": "Ada", "email": "ada@example.org"}, BOB: {}})
    with serving(facebook.app()) as address:
        facebook.limited.address = address
        provider = choosing.provider("facebook", settings_of("facebook", address, api_url=address))
        yield Side(facebook, provider)
        await provider.close()


async def test_an_access_token_of_ours_says_who_it_is(side: Side) -> None:
    identity = await side.provider.verify(NativeProof(access_token=side.facebook.grants.access_token(ADA)))

    assert (identity.subject, identity.name, identity.email) == (ADA, "Ada", "ada@example.org")
    assert not identity.email_verified


async def test_an_access_token_of_another_app_lets_nobody_in(side: Side) -> None:
    token = crypto.token("at")
    side.facebook.foreign[token] = ADA

    with pytest.raises(IdentityRefused, match="another app"):
        await side.provider.verify(NativeProof(access_token=token))


async def test_limited_login_is_the_same_person_as_the_graph_s(side: Side) -> None:
    by_graph = await side.provider.verify(NativeProof(access_token=side.facebook.grants.access_token(ADA)))

    token = side.facebook.limited.token(ADA, NONCE)
    limited = await side.provider.verify(NativeProof(id_token=token, nonce=NONCE))

    assert (limited.issuer, limited.subject) == (by_graph.issuer, by_graph.subject)
    assert len(limited.once) == 2, "the token, and its nonce"


async def test_a_wrong_secret_is_our_trouble_and_nobody_s_fault(side: Side) -> None:
    settings = settings_of("facebook", side.facebook.limited.address, api_url=side.facebook.limited.address)
    wrong = choosing.provider("facebook", settings.model_copy(update={"client_id": "another"}))
    with pytest.raises(Exception, match="does not say whose token"):
        await wrong.verify(NativeProof(access_token=side.facebook.grants.access_token(ADA)))
    await wrong.close()
