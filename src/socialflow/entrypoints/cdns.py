"""Which CDN the settings choose."""

from urllib.parse import urlsplit

from socialflow.adapters.cdn.cloudfront import CloudFront
from socialflow.adapters.cdn.cloudfront_signing import Signer, UnusableKey
from socialflow.adapters.cdn.http import HttpCdn
from socialflow.adapters.cdn.nobody import NoCdn
from socialflow.kernel.config import CdnSettings, InvalidSettings, Settings
from socialflow.ports.cdn import Cdn


def cdn(settings: Settings) -> Cdn:
    """The CDN that the settings choose; raises InvalidSettings where it lacks something."""
    chosen, url = settings.cdn, settings.cdn.url or ""
    match chosen.kind:
        case "none":
            if url:
                raise InvalidSettings("SF_CDN__URL needs SF_CDN__KIND, or what is made private would stay there")
            return NoCdn()
        case "http":
            if chosen.purge_url is None:
                raise InvalidSettings("SF_CDN__PURGE_URL is needed with SF_CDN__KIND=http")
            token = chosen.purge_token.get_secret_value() if chosen.purge_token else None
            return HttpCdn(url, purge_url=chosen.purge_url, method=chosen.purge_method, token=token)
        case "cloudfront":
            if chosen.distribution_id is None or chosen.access_key_id is None or chosen.secret_access_key is None:
                raise InvalidSettings(
                    "SF_CDN__DISTRIBUTION_ID, SF_CDN__ACCESS_KEY_ID and SF_CDN__SECRET_ACCESS_KEY are needed with"
                    " SF_CDN__KIND=cloudfront"
                )
            return CloudFront(
                url,
                distribution_id=chosen.distribution_id,
                access_key_id=chosen.access_key_id,
                secret_access_key=chosen.secret_access_key.get_secret_value(),
                api=chosen.api_url,
                signer=cdn_signer(chosen),
            )


def cdn_signer(chosen: CdnSettings) -> Signer | None:
    """Who signs for CloudFront; raises InvalidSettings for half of it."""
    wanted = {
        "SF_CDN__SIGNING_KEY": chosen.signing_key,
        "SF_CDN__SIGNING_KEY_ID": chosen.signing_key_id,
        "SF_CDN__COOKIE_DOMAIN": chosen.cookie_domain,
        "SF_CDN__ORIGIN_TOKEN": chosen.origin_token,
        "SF_CDN__URL": chosen.url,
    }
    if chosen.signing_key is None or chosen.signing_key_id is None:
        if chosen.signing_key is not None or chosen.signing_key_id is not None:
            raise InvalidSettings("SF_CDN__SIGNING_KEY and SF_CDN__SIGNING_KEY_ID are needed together")
        return None
    missing = [name for name, value in wanted.items() if value is None]
    if missing:
        raise InvalidSettings(f"{', '.join(missing)} is needed with SF_CDN__SIGNING_KEY")
    host = urlsplit(chosen.url or "").hostname or ""
    if host != chosen.cookie_domain and not host.endswith(f".{(chosen.cookie_domain or '').lstrip('.')}"):
        raise InvalidSettings("SF_CDN__COOKIE_DOMAIN is no parent of the host in SF_CDN__URL")
    try:
        return Signer(chosen.signing_key_id, chosen.signing_key.get_secret_value())
    except UnusableKey as error:
        raise InvalidSettings(f"SF_CDN__SIGNING_KEY: {error}") from None
