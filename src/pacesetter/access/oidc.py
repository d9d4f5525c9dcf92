"""One OpenID Connect provider: where it is, how a browser is sent there, and what its answer proves.

Owns discovery, the exchange of the code (with PKCE), and every check of the id token: signature by a key of the provider, algorithm,
issuer, audience, times, nonce. Must not know people. Nothing that a provider sends is believed before it is checked.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from pacesetter import clock
from pacesetter.access_settings import OidcSettings
from pacesetter.errors import Forbidden, PacesetterError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""How an id token may be signed: with a key that only the provider has. Neither ``none`` nor a shared secret."""
LEEWAY_S = 60
KEPT_S = 3600
_TIMEOUT_S = 10
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderAway(PacesetterError):
    """The provider does not answer, or not as one."""


class NotProved(Forbidden):
    """The provider's answer proves nothing. What exactly was wrong stands in ``why``, for the log."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__("your organisation's answer could not be checked", do="sign in again")


@dataclass(frozen=True, kw_only=True)
class Proved:
    """Who somebody is by the word of the provider. ``email`` is None unless the provider has verified it."""

    issuer: str
    subject: str
    email: str | None
    name: str


@dataclass
class Provider:
    """The provider of the settings. Threads may share it."""

    settings: OidcSettings
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _told: dict[str, Any] = field(default_factory=dict)
    _keys: KeySet | None = None
    _asked: float = 0.0

    def departure(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """The address to which a browser is sent. Raises ProviderAway."""
        told = self._metadata()
        with self._client(redirect_uri) as client:
            address, _ = client.create_authorization_url(
                told["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
            )
        return str(address)

    def proof(self, redirect_uri: str, words: Mapping[str, str], nonce: str, verifier: str) -> Proved:
        """What the words that a browser came back with prove. Raises ProviderAway, NotProved."""
        told = self._metadata()
        if words.get("error") or not words.get("code"):
            raise NotProved(f"no code: {words.get('error', '')[:60]}")
        named = words.get("iss")
        if named not in (None, told["issuer"]) or (
            named is None and told.get("authorization_response_iss_parameter_supported")
        ):
            raise NotProved("the answer names another issuer")
        token = self._exchange(redirect_uri, words["code"], verifier)
        claims = self._checked(str(token.get("id_token") or ""), nonce)
        if "email" not in claims:
            claims |= self._asked_for(token, claims["sub"])
        return Proved(
            issuer=told["issuer"], subject=claims["sub"], email=_verified(claims), name=_text(claims.get("name"), 200)
        )

    def _client(self, redirect_uri: str) -> OAuth2Client:
        secret = self.settings.client_secret()
        offered = self._told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        return OAuth2Client(
            self.settings.client_id, secret, token_endpoint_auth_method=method if secret else "none",
            scope=" ".join(self.settings.scopes), redirect_uri=redirect_uri, code_challenge_method="S256", timeout=_TIMEOUT_S,
        )  # fmt: skip

    def _exchange(self, redirect_uri: str, code: str, verifier: str) -> Mapping[str, Any]:
        try:
            with self._client(redirect_uri) as client:
                found = client.fetch_token(self._told["token_endpoint"], code=code, code_verifier=verifier)
        except AuthlibBaseError as error:
            raise NotProved(f"the code was refused: {str(error.error)[:60]}") from None
        except (httpx2.HTTPError, ValueError):
            raise _away() from None
        return dict(found)

    def _checked(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token that holds."""
        offered = self._told.get("id_token_signing_alg_values_supported") or ["RS256"]
        allowed = [a for a in ALGORITHMS if a in offered]
        claims = self._signed(id_token, allowed)
        own = self.settings.client_id
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()), leeway=LEEWAY_S,
            iss={"essential": True, "value": self._told["issuer"]}, aud={"essential": True, "value": own},
            exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
        )  # fmt: skip
        try:
            registry.validate(claims)
        except JoseError as error:
            raise NotProved(f"the id token does not hold: {error.description}") from None
        audience = claims["aud"]
        if claims.get("azp", own) != own or (isinstance(audience, list) and len(audience) > 1 and "azp" not in claims):
            raise NotProved("the id token is for somebody else")
        if claims.get("nonce") != nonce:
            raise NotProved("the id token answers another question")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise NotProved("the id token names nobody")
        return claims

    def _signed(self, id_token: str, allowed: list[str]) -> dict[str, Any]:
        """The claims, if a key of the provider signed them; keys that are not known are asked for once more."""
        for fresh in (False, True):
            try:
                claims = jwt.decode(id_token, self._key_set(fresh), algorithms=allowed).claims
            except (InvalidKeyIdError, BadSignatureError):
                continue
            except (JoseError, ValueError) as error:
                raise NotProved(f"the id token is not signed as it has to be: {type(error).__name__}") from None
            if isinstance(claims, dict):
                return claims
            break
        raise NotProved("the id token is not signed by the provider")

    def _asked_for(self, token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """What the provider tells about the person beyond the id token; about anybody else it is not believed."""
        address = self._told.get("userinfo_endpoint")
        if not address or not token.get("access_token"):
            return {}
        told = _json(_safe(address), {"authorization": f"Bearer {token['access_token']}"})
        if told.get("sub") != subject:
            raise NotProved("the provider tells about somebody else")
        return {n: told[n] for n in ("email", "email_verified", "name") if n in told}

    def _metadata(self) -> dict[str, Any]:
        """What the provider says about itself; asked for again after an hour."""
        with self._lock:
            if self._told and time.monotonic() - self._asked < KEPT_S:
                return self._told
            issuer = self.settings.issuer
            told = _json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if any(not isinstance(told.get(name), str) for name in _NEEDED) or told["issuer"] != issuer:
                raise ProviderAway("the provider says to be somebody else", where="sign_in.oidc.issuer")
            for name in _NEEDED[1:]:
                _safe(told[name])
            self._told, self._keys, self._asked = told, None, time.monotonic()
            return told

    def _key_set(self, fresh: bool) -> KeySet:
        with self._lock:
            if self._keys is None or fresh:
                try:
                    self._keys = KeySet.import_key_set(_json(self._told["jwks_uri"]))  # type: ignore[arg-type]  # it checks the shape itself
                except (JoseError, ValueError, TypeError, KeyError):
                    raise _away() from None
            return self._keys


def _away() -> ProviderAway:
    return ProviderAway("your organisation's sign-in does not answer", do="try again in a minute")


def _safe(address: str) -> str:
    """An address that a secret may be sent to: https, or this very machine."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")):
        return address
    raise ProviderAway("the provider names an address that is not safe", where="sign_in.oidc.issuer")


def _json(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        answer = httpx2.get(address, headers=headers, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        told = answer.json()
    except (httpx2.HTTPError, ValueError):
        raise _away() from None
    if not isinstance(told, dict):
        raise _away()
    return told


def _verified(claims: Mapping[str, Any]) -> str | None:
    """The e-mail address that the provider vouches for. Some write the word ``true`` instead of the value."""
    verified = claims.get("email_verified")
    if verified is not True and verified != "true":
        return None
    found = _text(claims.get("email"), 254).strip().lower()
    return found if "@" in found else None


def _text(value: object, longest: int) -> str:
    return value[:longest] if isinstance(value, str) else ""
