"""What a role that was made here may give to programs: scopes of staff follow its permissions."""

from collections.abc import Awaitable, Callable

import httpx2
from tests.factories.accounts import Person
from tests.factories.staff import look, make_role, of_role
from tests.factories.tokens import personal_token

from socialflow.domains.accounts.models import PERMISSIONS
from socialflow.domains.accounts.service.assurance import effective_role
from socialflow.domains.accounts.service.scopes import OPENED_BY, SCOPES, delegable
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
STAFF = {scope for scope in SCOPES if scope.startswith("admin")}


def test_every_scope_of_staff_is_opened_by_permissions_that_exist() -> None:
    assert set(OPENED_BY) == STAFF - {"admin"}
    for permissions in OPENED_BY.values():
        assert permissions
        assert permissions <= set(PERMISSIONS)


async def test_a_role_gives_the_scopes_that_its_permissions_open(app: App) -> None:
    expected = {
        "audit:view": {"admin", "admin:audit"},
        "apps:manage": {"admin", "admin:apps"},
        "accounts:view": {"admin", "admin:accounts", "admin:roles"},
        "videos:see_any": {"admin"},
    }
    for number, (permission, scopes) in enumerate(expected.items()):
        await make_role(app, f"custom{number}", permission)
        assert STAFF & set(delegable(f"custom{number}")) == scopes, permission
    await make_role(app, "powerless")
    await look(app)
    for role in ("user", "creator", "powerless", "nobody_knows"):
        assert not STAFF & set(delegable(role)), role
    assert set(delegable("admin")) >= STAFF


async def test_a_program_of_an_auditor_reads_the_log_and_nothing_else(
    app: App, person: People, client: httpx2.AsyncClient
) -> None:
    auditor = await of_role(app, person, "aud", "audit:view")
    options = (await auditor.get("/me/token-options")).json()["scopes"]
    assert STAFF & {scope["name"] for scope in options} == {"admin", "admin:audit"}
    refused = await auditor.post("/me/tokens", {"name": "x", "scopes": ["admin:apps"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "scope_not_yours")

    headers = {"Authorization": f"Bearer {await personal_token(app, auditor, 'admin:audit')}"}
    for path, status in (("/admin/audit", 200), ("/admin/accounts", 403), ("/admin/apps", 403), ("/me", 403)):
        answer = await client.get(f"/api/v1{path}", headers=headers)
        assert answer.status_code == status, path


async def test_where_staff_need_a_second_factor_it_is_permissions_that_make_staff(app: App) -> None:
    await make_role(app, "auditor", "audit:view")
    await make_role(app, "patron", quota_bytes=1)
    asked = app.settings.auth.model_copy(update={"require_second_factor_for_staff": True})
    for role, counts in (("auditor", "user"), ("admin", "user"), ("patron", "patron"), ("creator", "creator")):
        assert effective_role(role, "pwd", asked) == counts, role
        assert effective_role(role, "mfa otp pwd", asked) == role
        assert effective_role(role, "pwd", app.settings.auth) == role
