"""Our OAuth 2.1 server: how apps of other people's are registered, let in, and shown out.

Sources: draft-ietf-oauth-v2-1, RFC 7636 (PKCE), 8252 (native apps), 8628 (devices), 7009 (revocation),
7662 (introspection), 7591 (registration), 8414 and 9728 (metadata), 9207 (`iss`), 9700 (best practice).
"""

from socialflow.domains.accounts.service.oauth.apps import (
    app_for_staff,
    app_read,
    apps_for_staff,
    apps_of_actor,
    create_app,
    delete_app,
    erase_apps,
    forget_old,
    judge_app,
    own_app,
    rotate_secret,
    scopes_for_own_apps,
    scopes_of_apps,
    update_app,
)
from socialflow.domains.accounts.service.oauth.authorization import decide as decide_authorization
from socialflow.domains.accounts.service.oauth.authorization import look as look_at_authorization
from socialflow.domains.accounts.service.oauth.clients import authenticated, presented
from socialflow.domains.accounts.service.oauth.devices import begin as begin_device
from socialflow.domains.accounts.service.oauth.devices import by_device
from socialflow.domains.accounts.service.oauth.devices import decide as decide_device
from socialflow.domains.accounts.service.oauth.devices import look as look_at_device
from socialflow.domains.accounts.service.oauth.grants import authorized_apps, withdraw
from socialflow.domains.accounts.service.oauth.metadata import of_resource, of_server
from socialflow.domains.accounts.service.oauth.registration import CODE, DEVICE, REFRESH, register_itself
from socialflow.domains.accounts.service.oauth.tokens import Given, by_code, by_refresh, introspect, revoke

__all__ = [
    "CODE",
    "DEVICE",
    "REFRESH",
    "Given",
    "app_for_staff",
    "app_read",
    "apps_for_staff",
    "apps_of_actor",
    "authenticated",
    "authorized_apps",
    "begin_device",
    "by_code",
    "by_device",
    "by_refresh",
    "create_app",
    "decide_authorization",
    "decide_device",
    "delete_app",
    "erase_apps",
    "forget_old",
    "introspect",
    "judge_app",
    "look_at_authorization",
    "look_at_device",
    "of_resource",
    "of_server",
    "own_app",
    "presented",
    "register_itself",
    "revoke",
    "rotate_secret",
    "scopes_for_own_apps",
    "scopes_of_apps",
    "update_app",
    "withdraw",
]
