"""Problems: the failures a caller can cause. Each knows its HTTP status and its stable code.

Problem
├── BadRequest            400
├── Unauthorized          401
├── Forbidden             403
├── NotFound              404
├── MethodNotAllowed      405
├── NotAcceptable         406
├── Conflict              409
├── Gone                  410
├── PreconditionFailed    412
├── TooLarge              413
├── UnsupportedMediaType  415
├── RangeNotSatisfiable   416
├── Unprocessable         422
│   └── InvalidRequest         with `errors[{pointer, code, detail}]`
├── TooManyRequests       429
├── Unavailable           503
└── InsufficientStorage   507

The shape on the wire is RFC 9457 (`application/problem+json`).
"""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in a body or query: a JSON pointer (RFC 6901), a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """Base of every expected failure; anything else that escapes is a bug and a 500."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal Server Error"

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after: float | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.detail = detail or inspect.cleandoc(type(self).__doc__ or "")
        self.retry_after = retry_after
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        super().__init__(self.detail)

    @classmethod
    def code(cls) -> str:
        """The stable, documented name of this failure, in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class InternalError(Problem):
    """Something went wrong on our side; it has been noted under this request id."""


class BadRequest(Problem):
    """The request could not be read."""

    status = 400
    title = "Bad Request"


class Unauthorized(Problem):
    """Log in first, or again."""

    status = 401
    title = "Unauthorized"

    def __init__(self, detail: str = "", **more: Any) -> None:
        more.setdefault("headers", {"WWW-Authenticate": "Bearer"})
        super().__init__(detail, **more)


class Forbidden(Problem):
    """You may not do this."""

    status = 403
    title = "Forbidden"


class MissingScope(Forbidden):
    """The token does not carry the scope that this operation needs."""


class CsrfFailed(Forbidden):
    """The request did not come from a page of this site; reload the page and try again."""


class NotFound(Problem):
    """There is nothing here that you may see."""

    status = 404
    title = "Not Found"


class MethodNotAllowed(Problem):
    """This address does not take that method."""

    status = 405
    title = "Method Not Allowed"


class NotAcceptable(Problem):
    """None of the accepted forms can be made."""

    status = 406
    title = "Not Acceptable"


class RequestTimeout(Problem):
    """The request did not arrive in time."""

    status = 408
    title = "Request Timeout"


class Conflict(Problem):
    """The request does not fit the present state."""

    status = 409
    title = "Conflict"


class Gone(Problem):
    """This was here once and is not any more."""

    status = 410
    title = "Gone"


class PreconditionFailed(Problem):
    """The thing has changed since you read it; read it again."""

    status = 412
    title = "Precondition Failed"


class TooLarge(Problem):
    """The request is larger than allowed."""

    status = 413
    title = "Content Too Large"


class UnsupportedMediaType(Problem):
    """The body is not of a type that is taken here."""

    status = 415
    title = "Unsupported Media Type"


class RangeNotSatisfiable(Problem):
    """The range lies outside of the file."""

    status = 416
    title = "Range Not Satisfiable"


class Unprocessable(Problem):
    """The request was understood and cannot be done."""

    status = 422
    title = "Unprocessable Content"


class InvalidRequest(Unprocessable):
    """The request has invalid fields; `errors` says which and why."""


class InvalidCursor(Unprocessable):
    """The cursor is not one of this list; begin again without it."""


class IdempotencyKeyReused(Unprocessable):
    """This idempotency key was used with another request."""


class IdempotencyKeyInFlight(Conflict):
    """A request with this idempotency key is still being worked on."""


class TooManyRequests(Problem):
    """Too many requests; wait a moment."""

    status = 429
    title = "Too Many Requests"


class Unavailable(Problem):
    """The service cannot do this right now; try again shortly."""

    status = 503
    title = "Service Unavailable"


class InsufficientStorage(Problem):
    """There is no room left for this."""

    status = 507
    title = "Insufficient Storage"


def catalogue() -> list[type[Problem]]:
    """Every problem that exists, by code: the closed list that clients may rely on."""
    return sorted(set(_below(Problem)), key=lambda kind: kind.code())


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
