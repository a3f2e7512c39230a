"""Settings: second factors, recovery codes and passkeys."""

import base64
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web
from socialflow.web.pages import second_step

router = APIRouter()
HOME = "/settings/security"
SAID = {
    "passkey": "The passkey was added.",
    "renamed": "The passkey has its new name.",
    "removed": "It was removed, and is asked for no more.",
}
# Refusals that this page explains; others have pages of their own.
EXPLAINED = {"wrong_factor", "invalid_request", "invalid_challenge", "passkey_refused", "passkey_known"}
EXPLAINED |= {"too_many_passkeys", "factor_already_on", "too_many_requests", "no_factor_yet", "last_way_in"}


@router.get(HOME)
async def security(web: InWeb, said: str = "") -> Response:
    """What opens this account besides its password."""
    return await _page(web, said=SAID.get(said, ""))


@router.get(HOME + "/{answer_to:path}")
async def back(web: InWeb) -> Response:
    """Answers to forms of this page stand at addresses of their own; whoever opens one of them comes here."""
    return web.go(HOME)


async def _page(web: Web, *, said: str = "", problem: ApiProblem | None = None) -> Response:
    web.known()
    factors = await web.api.get("/me/factors")
    return web.html(
        "security.html",
        status=problem.status if problem else 200,
        factors=factors,
        said=said,
        fault=problem.detail if problem else "",
    )


async def _do(web: Web, method: str, path: str, form: dict[str, str], json: Json | None = None) -> Json | Response:
    """Call the API; a refusal that belongs here becomes this page with a sentence."""
    try:
        return await web.send(method, path, form, json)
    except ApiProblem as problem:
        if problem.code not in EXPLAINED:
            raise
        return await _page(web, problem=problem)


@router.post(HOME + "/totp")
async def begin_totp(web: InWeb) -> Response:
    """Show the picture that an authenticator app reads."""
    form = await web.form()
    web.known()
    return await _setup(web, form)


async def _setup(web: Web, form: dict[str, str], problem: ApiProblem | None = None) -> Response:
    begun = await _do(web, "POST", "/me/factors/totp", form)
    if isinstance(begun, Response):
        return begun
    picture = base64.b64encode(begun["qr_svg"].encode()).decode()
    secret = begun["secret"]
    return web.html(
        "totp_setup.html",
        status=problem.status if problem else 200,
        uri=begun["uri"],
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=f"data:image/svg+xml;base64,{picture}",
        fault=second_step.sentence(problem),
    )


@router.post(HOME + "/totp/confirm")
async def confirm_totp(web: InWeb) -> Response:
    """Take the app's first code; then the recovery codes are shown, if these are the first ones."""
    form = await web.form()
    web.known()
    try:
        made = await web.send("POST", "/me/factors/totp/confirm", form, {"code": form.get("totp", "").strip()})
    except ApiProblem as problem:
        if problem.code not in {"wrong_factor", "invalid_request", "too_many_requests"}:
            raise
        return await _setup(web, form, problem)
    return _codes(web, made)


@router.post(HOME + "/totp/remove")
async def remove_totp(web: InWeb) -> Response:
    """Take the app away."""
    form = await web.form()
    web.known()
    done = await _do(web, "DELETE", "/me/factors/totp", form)
    return done if isinstance(done, Response) else web.go(f"{HOME}?said=removed")


@router.post(HOME + "/codes")
async def renew_codes(web: InWeb) -> Response:
    """Show ten new recovery codes."""
    form = await web.form()
    web.known()
    made = await _do(web, "POST", "/me/factors/recovery-codes", form)
    return made if isinstance(made, Response) else _codes(web, made)


def _codes(web: Web, made: dict[str, Any]) -> Response:
    """The codes, this once; straight back where there are none to show."""
    if not made["recovery_codes"]:
        return web.go(f"{HOME}?said=passkey" if "passkey" in made else HOME)
    # Not even this browser keeps the page.
    return web.html("recovery_codes.html", headers={"Cache-Control": "no-store"}, codes=made["recovery_codes"])


@router.post(HOME + "/passkeys")
async def add_passkey(web: InWeb) -> Response:
    """Keep the passkey that the browser has just made."""
    form = await web.form()
    web.known()
    sent = {"state": form.get("state", ""), "credential": form.get("credential", ""), "name": form.get("name", "")}
    made = await _do(web, "POST", "/me/factors/passkeys", form, sent)
    return made if isinstance(made, Response) else _codes(web, made)


@router.post(HOME + "/passkeys/{passkey_id}/rename")
async def rename_passkey(web: InWeb, passkey_id: ItemId) -> Response:
    """Call a passkey something else."""
    form = await web.form()
    web.known()
    done = await _do(web, "PATCH", f"/me/factors/passkeys/{passkey_id}", form, {"name": form.get("name", "")})
    return done if isinstance(done, Response) else web.go(f"{HOME}?said=renamed")


@router.post(HOME + "/passkeys/{passkey_id}/remove")
async def remove_passkey(web: InWeb, passkey_id: ItemId) -> Response:
    """Take a passkey away."""
    form = await web.form()
    web.known()
    done = await _do(web, "DELETE", f"/me/factors/passkeys/{passkey_id}", form)
    return done if isinstance(done, Response) else web.go(f"{HOME}?said=removed")
