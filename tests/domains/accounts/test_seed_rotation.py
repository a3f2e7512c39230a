"""Seeds of authenticator apps after the installation's secret was replaced."""

from dataclasses import replace

import pytest
from tests.conftest import SECRET
from tests.factories.accounts import Person
from tests.factories.authenticators import add_phone

from socialflow.domains.accounts import service
from socialflow.kernel import ids, rotation
from socialflow.kernel.crypto import BadSignature, Keys
from socialflow.kernel.work import SYSTEM, App


async def test_a_seed_outlives_two_replacements_of_the_secret(app: App, ada: Person) -> None:
    phone = await add_phone(app, ada)
    account = ids.parse("acc", ada.id)
    first, second, third = app.keys, "a secret of the second year, of a test", "a secret of the third year, of a test"
    for keys in (Keys(second, [SECRET]), Keys(third, [second, SECRET])):
        done = await rotation.rotate(replace(app, keys=keys))
        assert done["totp_factors.sealed_seed"].sealed_anew == 1
        assert done["totp_factors.sealed_seed"].unreadable == 0

    # Both former secrets have been taken out of the settings.
    async with app.work(SYSTEM) as work:
        await service.totp.use(work, account, phone.code(), keys=Keys(third))
    with pytest.raises(BadSignature):
        async with app.work(SYSTEM) as work:
            await service.totp.use(work, account, phone.code(later=1), keys=first)
