"""The keys that verify our tokens."""

from fastapi import Response

from socialflow.domains.accounts import service
from socialflow.domains.accounts.schemas import JwkSetRead
from socialflow.kernel.web import CurrentApp, router

well_known = router("auth", reads="site")


# A key that is retired has signed nothing that is still good: old sets do no harm. New keys are met by their `kid`.
CACHE = "public, max-age=300, stale-while-revalidate=3600"


@well_known.get("/.well-known/jwks.json", operation_id="getJwks", response_model=JwkSetRead)
async def get_jwks(app: CurrentApp) -> Response:
    """The public keys that verify access tokens; ask again for a `kid` that is not among them."""
    body = JwkSetRead(keys=app.port(service.AccessTokens).public())
    return Response(body.model_dump_json(), headers={"Cache-Control": CACHE}, media_type="application/json")
