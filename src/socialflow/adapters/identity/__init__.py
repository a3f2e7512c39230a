"""Those who vouch for people: OpenID Connect by discovery, Google, Apple, Facebook and X."""
