"""The page between a right password and a session, and what its forms send."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import Web
from socialflow.web.security import safe_next

CODE = "second_factor_required"
UNPROCESSABLE = 422
UNREADABLE = "That is not a code. Type the six digits that your app shows, or a recovery code as it is printed."


def page(web: Web, target: str | None, asked: Mapping[str, Any], problem: ApiProblem | None = None) -> Response:
    """Ask for a second factor; `asked` has the members `challenge` and `methods` of the problem that asked for it."""
    return web.html(
        "second_step.html",
        status=problem.status if problem else 200,
        headers={"Retry-After": str(problem.retry_after)} if problem and problem.retry_after else {},
        challenge=asked["challenge"],
        methods=list(asked["methods"]),
        next=safe_next(target),
        fault=sentence(problem),
    )


def again(web: Web, form: Mapping[str, str], problem: ApiProblem) -> Response:
    """The same page after a wrong answer."""
    asked = {"challenge": form.get("challenge", ""), "methods": form.get("methods", "").split()}
    return page(web, form.get("next"), asked, problem)


def given(form: Mapping[str, str]) -> Json:
    """The one proof that a form carries, as the API takes it."""
    if form.get("credential"):
        return {"passkey": {"state": form.get("state", ""), "credential": form["credential"]}}
    if "recovery_code" in form:
        return {"recovery_code": form["recovery_code"].strip()}
    if "password" in form:
        return {"password": form["password"]}
    return {"totp": form.get("totp", "").strip()}


def sentence(problem: ApiProblem | None) -> str:
    """What to say of a refusal; the API's words about patterns are not for people."""
    if problem is None:
        return ""
    return UNREADABLE if problem.status == UNPROCESSABLE else problem.detail
