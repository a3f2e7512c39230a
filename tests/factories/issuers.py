"""Those who vouch for people, on this machine: a real OpenID provider, and small servers that speak others' words."""

import base64
import hashlib
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from socialflow.kernel import crypto
from tests.factories.instance import free_port, until


def keys() -> Iterator[RSAKey]:
    """A few keys, each made when it is first needed, since making one takes a while."""
    yield from itertools.cycle([RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True) for _ in range(3)])


KEYS = keys()
CLIENT, SECRET = "social-flow-client", "a secret & of the client's own"


@contextmanager
def provider_mock() -> Iterator[str]:
    """`oidc-provider-mock` as a process of its own; gives its issuer."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        issuer = f"http://localhost:{port}"
        try:
            assert until(lambda: answers(issuer) or process.poll() is not None)
            assert process.poll() is None
            yield issuer
        finally:
            process.terminate()


def answers(address: str) -> bool:
    """Whether somebody serves there."""
    try:
        return httpx2.get(f"{address}/.well-known/openid-configuration", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """An application on a port of its own; gives its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert until(lambda: server.started)
    try:
        yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def introduce(issuer: str, subject: str, **claims: Any) -> None:
    """Tell the real provider of a person."""
    answer = httpx2.put(f"{issuer}/users/{subject}", json=claims, trust_env=False)
    assert answer.status_code == 204, answer.text


def consent(url: str, subject: str = "", *, deny: bool = False) -> dict[str, str]:
    """What a browser in which somebody logs in and agrees is sent back with."""
    answer = httpx2.post(url, data={"action": "deny"} if deny else {"sub": subject}, trust_env=False)
    if answer.status_code == 200:
        # A form that posts itself.
        return {name: answer.json()[name] for name in answer.json()}
    assert answer.status_code == 302, answer.text[:500]
    return dict(parse_qsl(httpx2.URL(answer.headers["location"]).query.decode()))


@dataclass
class Grants:
    """What is the same for everybody: codes, good once, for the client that asked, with its verifier."""

    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def code(self, query: dict[str, str], subject: str) -> str:
        """A code for what was asked."""
        code = f"code-{len(self.asked)}-{crypto.token('c')}"
        self.asked[code] = {**query, "sub": subject}
        return code

    def redeem(self, form: dict[str, str]) -> dict[str, str] | None:
        """What a code was given for, once; None for a code that is none, or of somebody else."""
        asked = self.asked.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        made = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        return asked if made.rstrip(b"=").decode() == asked.get("code_challenge") else None

    def access_token(self, subject: str) -> str:
        """A token for somebody."""
        token = crypto.token("at")
        self.tokens[token] = subject
        return token


async def form_of(request: Request) -> dict[str, str]:
    """A posted form."""
    return dict(parse_qsl((await request.body()).decode()))


def back(query: dict[str, str], answer: dict[str, str]) -> Response:
    """The way back to the client, as it asked for it."""
    if query.get("response_mode") == "form_post":
        return JSONResponse(answer)
    return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 302)


def basic(request: Request) -> str:
    """Client and secret of the request, as they were sent."""
    return base64.b64decode(request.headers.get("authorization", "Basic Og==").removeprefix("Basic ")).decode()


@dataclass
class Issuer:
    """An OpenID provider that does what a test tells it to: all that it says can be changed."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    address: str = ""
    # Added to, or taken from (None), what it publishes and says.
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    key: Any = field(default_factory=lambda: next(KEYS))
    sign: Callable[[dict[str, Any]], str] | None = None
    check_secret: Callable[[str], bool] = lambda secret: secret == SECRET
    calls: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """Its endpoints."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._document),
                Route("/jwks", self._jwks),
                Route("/authorize", self._authorize, methods=["POST", "GET"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    def token(self, subject: str, repeated: str, /, **changes: Any) -> str:
        """An ID token for somebody, with changes; None takes a claim away."""
        now = int(time.time())
        said = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": subject,
            "iat": now,
            "exp": now + 600,
            "nonce": repeated,
            **self.people.get(subject, {}),
            **self.claims,
            **changes,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return self.sign(said) if self.sign else self.signed(said)

    def signed(self, said: dict[str, Any], *, key: Any = None, **header: Any) -> str:
        """Signed by its key, or another."""
        signer = key or self.key
        algorithm = header.pop("alg", "ES256" if isinstance(signer, ECKey) else "RS256")
        head = {"alg": algorithm, "kid": signer.kid, **header}
        return jwt.encode({name: value for name, value in head.items() if value is not None}, said, signer, [algorithm])

    async def _document(self, _: Request) -> Response:
        self.calls.append("discovery")
        said = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.metadata,
        }
        return JSONResponse({name: value for name, value in said.items() if value is not None})

    async def _jwks(self, _: Request) -> Response:
        self.calls.append("jwks")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        query, form = dict(request.query_params), await form_of(request)
        if request.method == "GET":
            return HTMLResponse("<form method=post><input name=sub><button>Authorize</button></form>")
        if form.get("action") == "deny":
            return back(query, {"error": "access_denied", "state": query["state"], **self.answer})
        answer = {"code": self.grants.code(query, form["sub"]), "state": query["state"], **self.answer}
        return back(query, answer)

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        if form.get("client_id") != CLIENT or not self.check_secret(form.get("client_secret", "")):
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.grants.redeem(form)
        if asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": self.grants.access_token(asked["sub"]),
                "token_type": "Bearer",
                "id_token": self.token(asked["sub"], asked.get("nonce", "")),
            }
        )

    async def _userinfo(self, request: Request) -> Response:
        subject = self.grants.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return JSONResponse({"sub": subject, "email": f"{subject}@example.org", "email_verified": True})


@dataclass
class Facebook:
    """The endpoints of Facebook Login and of the Graph API that its documentation names."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    # Tokens that were given to another app than ours.
    foreign: dict[str, str] = field(default_factory=dict)
    # Limited Login, which is OpenID Connect.
    limited: Issuer = field(default_factory=Issuer)
    version: str = "v24.0"

    def app(self) -> Starlette:
        """Site and API in one."""
        stem = f"/{self.version}"
        return Starlette(
            routes=[
                Route(f"{stem}/dialog/oauth", self._dialog, methods=["POST"]),
                Route(f"{stem}/oauth/access_token", self._token, methods=["GET", "POST"]),
                Route(f"{stem}/debug_token", self._debug),
                Route(f"{stem}/me", self._me),
                *self.limited.app().routes,
            ]
        )

    async def _dialog(self, request: Request) -> Response:
        query, form = dict(request.query_params), await form_of(request)
        if form.get("action") == "deny":
            return back(query, {"error": "access_denied", "error_reason": "user_denied", "state": query["state"]})
        return back(query, {"code": self.grants.code(query, form["sub"]), "state": query["state"]})

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return self._error("Error validating client secret.", code=1)
        asked = self.grants.redeem(form)
        if asked is None:
            return self._error("This authorization code has been used.")
        token = self.grants.access_token(asked["sub"])
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": 5_183_944})

    async def _debug(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {CLIENT}|{SECRET}":
            return self._error("(#100) You must provide an app access token")
        token = request.query_params["input_token"]
        if token == f"{CLIENT}|{SECRET}":
            return JSONResponse({"data": {"app_id": CLIENT, "type": "APP", "is_valid": True}})
        subject = self.grants.tokens.get(token) or self.foreign.get(token)
        if subject is None:
            return JSONResponse({"data": {"is_valid": False, "error": {"code": 190, "message": "Malformed"}}})
        app_id = CLIENT if token in self.grants.tokens else "somebody-else"
        said = {"app_id": app_id, "type": "USER", "is_valid": True, "user_id": subject, "expires_at": 0}
        return JSONResponse({"data": said})

    async def _me(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        subject = self.grants.tokens.get(token) or self.foreign.get(token)
        proof = hmac_of(SECRET, token)
        if subject is None or (token in self.grants.tokens and request.query_params.get("appsecret_proof") != proof):
            return self._error("Invalid OAuth access token.")
        wanted = request.query_params["fields"]
        said = {"id": subject, **{k: v for k, v in self.people.get(subject, {}).items() if k in wanted}}
        return JSONResponse(said)

    def _error(self, message: str, *, code: int = 100) -> Response:
        return JSONResponse({"error": {"message": message, "type": "OAuthException", "code": code}}, 400)


def hmac_of(secret: str, message: str) -> str:
    """HMAC-SHA256 in hex, as it is written out in the documentation."""
    block = secret.encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + message.encode()).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()


@dataclass
class X:
    """The endpoints of X that its documentation names."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)

    def app(self) -> Starlette:
        """Site and API in one."""
        return Starlette(
            routes=[
                Route("/i/oauth2/authorize", self._authorize, methods=["POST"]),
                Route("/2/oauth2/token", self._token, methods=["POST"]),
                Route("/2/users/me", self._me),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        query, form = dict(request.query_params), await form_of(request)
        if form.get("action") == "deny":
            return back(query, {"error": "access_denied", "state": query["state"]})
        assert query["code_challenge_method"] == "S256"
        return back(query, {"code": self.grants.code(query, form["sub"]), "state": query["state"]})

    async def _token(self, request: Request) -> Response:
        pair = urlencode({"": CLIENT})[1:] + ":" + urlencode({"": SECRET})[1:]
        if basic(request) != pair:
            return JSONResponse({"error": "unauthorized_client"}, 401)
        asked = self.grants.redeem(await form_of(request))
        if asked is None:
            error = {
                "error": "invalid_request",
                "error_description": "Value passed for the authorization code was invalid.",
            }
            return JSONResponse(error, 400)
        return JSONResponse({"token_type": "bearer", "access_token": self.grants.access_token(asked["sub"])})

    async def _me(self, request: Request) -> Response:
        subject = self.grants.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if subject is None:
            return JSONResponse({"title": "Unauthorized", "status": 401}, 401)
        return JSONResponse({"data": {"id": subject, **self.people.get(subject, {})}})
