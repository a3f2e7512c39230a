"""The protocol's own answers, with the names that the RFCs give to their members."""

from pydantic import Field

from socialflow.kernel.schemas import Read


class OAuthErrorRead(Read):
    """A refusal (RFC 6749, 5.2), with the members of our problems beside the protocol's."""

    error: str = Field(examples=["invalid_grant"])
    error_description: str
    type: str
    title: str
    status: int
    detail: str
    code: str = Field(examples=["grant_refused"])
    request_id: str


class TokenRead(Read):
    """Tokens (RFC 6749, 5.1)."""

    access_token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int
    refresh_token: str
    scope: str


class DeviceAuthorizationRead(Read):
    """The two codes of a device (RFC 8628, 3.2)."""

    device_code: str
    user_code: str = Field(examples=["WDJB-MJHT"])
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class IntrospectionRead(Read):
    """What is known of a token (RFC 7662, 2.2); only `active` when it is good for nothing."""

    active: bool
    scope: str | None = None
    client_id: str | None = None
    token_type: str | None = None
    exp: int | None = None
    sub: str | None = None
    iss: str | None = None


class RegisteredAppRead(Read):
    """An app that has registered itself (RFC 7591, 3.2.1)."""

    client_id: str
    client_id_issued_at: int
    client_secret: str | None = None
    client_secret_expires_at: int | None = None
    client_name: str
    client_uri: str
    redirect_uris: list[str]
    scope: str
    grant_types: list[str]
    response_types: list[str]
    token_endpoint_auth_method: str


class ServerMetadataRead(Read):
    """Where what is, and what is spoken (RFC 8414, 2)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    device_authorization_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    registration_endpoint: str | None = None
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    service_documentation: str


class ResourceMetadataRead(Read):
    """Who gives tokens for this API (RFC 9728, 2)."""

    resource: str
    authorization_servers: list[str]
    scopes_supported: list[str]
    bearer_methods_supported: list[str]
