"""The OpenAPI document, in the shape from which generators make good clients."""

import copy
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response

from socialflow.kernel import errors
from socialflow.kernel.web.auth import get_actor, get_reader
from socialflow.kernel.web.details import MEDIA_TYPE, ProblemRead

VERSION = "0.1.0"
DESCRIPTION = (
    "The open backend for social video apps. Every failure is an RFC 9457 problem document with a stable `code`;"
    " every list is `{items, next_cursor}`; ids are opaque strings."
)
METHODS = {"get", "put", "post", "patch", "delete", "head", "options"}
# The edge refuses a target that cannot be read (NUL, broken UTF-8) before any route is looked for.
ALWAYS = (errors.BadRequest, errors.TooManyRequests, errors.Unavailable)


def install(api: FastAPI, path: str) -> None:
    """Serve the document at `path`, and its 3.0 twin for older generators beside it."""

    async def serve(_: Request) -> Response:
        return Response(orjson.dumps(document(api)), media_type="application/json")

    async def serve_twin(_: Request) -> Response:
        return Response(orjson.dumps(twin(document(api))), media_type="application/json")

    api.add_route(path, serve, methods=["GET"])
    api.add_route(path.replace("openapi.json", "openapi-3.0.json"), serve_twin, methods=["GET"])


def document(api: FastAPI) -> dict[str, Any]:
    """The document of an application, made once."""
    if api.openapi_schema is None:
        made = get_openapi(
            title=api.title, version=VERSION, description=DESCRIPTION, routes=api.routes, openapi_version="3.1.0"
        )
        # Included routers are no list of routes: only their contexts know the whole path.
        for context in iter_route_contexts(api.routes):
            route = context.original_route
            if isinstance(route, APIRoute) and route.include_in_schema:
                _finish(made["paths"][context.path_format], route)
        _name_codes(made)
        _name_scheme(made)
        api.openapi_schema = made
    return api.openapi_schema


def scopes_of(route: APIRoute) -> tuple[list[str], bool]:
    """The scopes that a route asks for, and whether nobody in particular may call it."""
    waiting, scopes, is_open = [route.dependant], set[str](), True
    while waiting:
        dependant = waiting.pop()
        waiting.extend(dependant.dependencies)
        if dependant.call in (get_actor, get_reader):
            scopes.update(dependant.own_oauth_scopes or ())
            is_open = is_open and dependant.call is get_reader
    return sorted(scopes), is_open


def _finish(path: dict[str, Any], route: APIRoute) -> None:
    scopes, is_open = scopes_of(route)
    for method in METHODS & set(path):
        operation = path[method]
        if operation.get("operationId") != route.operation_id:
            continue
        operation["x-scopes"] = scopes
        if method != "get":
            # What a read shows it says itself: the leak matrix tries it by that.
            operation.setdefault("x-visibility", "public" if is_open else "actor")
        operation["security"] = [{"bearerAuth": []}, *([{}] if is_open else [])]
        operation.setdefault("description", operation.get("summary", ""))
        _problems(operation)


def _problems(operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    if "422" in responses and "x-codes" not in responses["422"]:
        responses["422"] = _problem_response([errors.InvalidRequest.code()])
    elif "422" in responses and errors.InvalidRequest.code() not in responses["422"]["x-codes"]:
        responses["422"]["x-codes"].append(errors.InvalidRequest.code())
    for kind in ALWAYS:
        responses.setdefault(str(kind.status), _problem_response([kind.code()]))
    for status, response in responses.items():
        if status >= "400":
            # A protocol whose refusals have a shape of their own keeps it, beside ours.
            own = response["content"] if response.pop("x-protocol", False) else {}
            response["content"] = {**own, MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemRead"}}}
            response["description"] = ", ".join(response.get("x-codes", ())) or response["description"]


def _problem_response(codes: list[str]) -> dict[str, Any]:
    return {"description": ", ".join(codes), "x-codes": codes}


def _name_scheme(made: dict[str, Any]) -> None:
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token."}
    made.setdefault("components", {})["securitySchemes"] = {"bearerAuth": scheme}


def _name_codes(made: dict[str, Any]) -> None:
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for gone in ("HTTPValidationError", "ValidationError"):
        schemas.pop(gone, None)
    problem = ProblemRead.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    problem["properties"]["code"]["enum"] = [kind.code() for kind in errors.catalogue()]
    schemas["ProblemRead"] = problem


def twin(made: dict[str, Any]) -> dict[str, Any]:
    """The same document in OpenAPI 3.0, where null is a keyword and examples are single."""
    older: dict[str, Any] = _older(copy.deepcopy(made))
    older["openapi"] = "3.0.3"
    return older


def _older(node: Any) -> Any:
    if isinstance(node, list):
        return [_older(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _older(value) for key, value in node.items()}
    options = node.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        node.pop("anyOf")
        node["nullable"] = True
        if len(rest) == 1:
            node.update({"allOf": rest} if "$ref" in rest[0] else rest[0])
        else:
            node["anyOf"] = rest
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if isinstance(node.get("examples"), list):
        examples = node.pop("examples")
        node.setdefault("example", examples[0])
    return node
