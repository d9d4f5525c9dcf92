"""What a provider says is believed only as far as it is proved: forged, mistaken and stale answers, one fault at a time."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from pacesetter import clock
from pacesetter.access.oidc import NotProved, Proved, Provider, ProviderAway
from pacesetter.access_settings import OidcSettings

KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
LATER = ECKey.generate_key("P-256", parameters={"kid": "two", "use": "sig"})
NONCE = "asked"


class Liar:
    """A provider that says what a test wants."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.told: dict[str, Any] = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys", "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }  # fmt: skip
        self.keys = [KEY]
        self.answer: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.asked: list[str] = []

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer, "aud": "pacesetter", "sub": "ada", "exp": now + 300, "iat": now, "nonce": NONCE,
            "email": "Ada@Example.org", "email_verified": True, "name": "Ada",
        }  # fmt: skip
        return {n: v for n, v in (claims | changes).items() if v is not None}

    def tell(self, claims: dict[str, Any], key: Any = KEY, alg: str = "RS256", kid: str = "one") -> None:
        token = jwt.encode({"alg": alg, "kid": kid}, claims, key, algorithms=[alg])
        self.answer = {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def body(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        return {
            "/.well-known/openid-configuration": self.told, "/token": self.answer, "/userinfo": self.userinfo,
            "/keys": KeySet(list(self.keys)).as_dict(private=False),
        }[path]  # fmt: skip


@pytest.fixture
def liar() -> Iterator[Liar]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            body = json.dumps(told.body(self.path)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Liar(server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


def prove(liar: Liar, provider: Provider | None = None, **words: str) -> Proved:
    provider = provider or Provider(OidcSettings(issuer=liar.issuer, client_id="pacesetter"))
    return provider.proof("http://testserver/back", {"code": "c"} | words, NONCE, "v" * 43)


def test_an_answer_that_holds_is_believed(liar: Liar) -> None:
    liar.tell(liar.claims())
    assert prove(liar, iss=liar.issuer) == Proved(
        issuer=liar.issuer, subject="ada", email="ada@example.org", name="Ada"
    )
    liar.tell(liar.claims(aud=["other", "pacesetter"], azp="pacesetter"))
    assert prove(liar).subject == "ada"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://127.0.0.1:1"}, {"iss": None}, {"aud": "somebody-else"}, {"aud": ["other", "pacesetter"]}, {"aud": None},
        {"azp": "somebody-else"}, {"exp": 1}, {"exp": None}, {"iat": None}, {"nonce": "of another question"}, {"nonce": None},
        {"nonce": [NONCE]}, {"sub": None}, {"sub": ""}, {"sub": "x" * 300}, {"nbf": 9_999_999_999},
    ],
    ids=str,
)  # fmt: skip
def test_a_claim_that_does_not_hold_proves_nothing(liar: Liar, changes: dict[str, Any]) -> None:
    liar.tell(liar.claims(**changes))
    with pytest.raises(NotProved) as refused:
        prove(liar)
    assert "ada" not in refused.value.line().lower() and liar.issuer not in refused.value.line()


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """The old trick: a shared secret, which is the key that everybody knows."""
    parts = [{"alg": "HS256", "kid": "one"}, claims]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts)
    mac = hmac.new(KEY.as_pem(private=False), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_a_signature_of_anybody_else_proves_nothing(liar: Liar) -> None:
    liar.tell(liar.claims(), OTHER)
    with pytest.raises(NotProved):
        prove(liar)
    liar.answer["id_token"] = signed_with_the_public_key(liar.claims())
    with pytest.raises(NotProved):
        prove(liar)
    liar.tell(liar.claims())
    plain = liar.answer["id_token"].split(".")[1]
    for header in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJub25lIiwia2lkIjoib25lIn0"):
        liar.answer["id_token"] = f"{header}.{plain}."
        with pytest.raises(NotProved):
            prove(liar)
    for nonsense in ("", "a.b.c", "x" * 5000):
        liar.answer["id_token"] = nonsense
        with pytest.raises(NotProved):
            prove(liar)


def test_a_new_key_is_asked_for_once_and_an_unknown_one_refused(liar: Liar) -> None:
    provider = Provider(OidcSettings(issuer=liar.issuer, client_id="pacesetter"))
    liar.tell(liar.claims())
    prove(liar, provider)
    prove(liar, provider)
    assert liar.asked.count("/keys") == 1 and liar.asked.count("/.well-known/openid-configuration") == 1
    liar.tell(liar.claims(), LATER, "ES256", "two")
    with pytest.raises(NotProved):
        prove(liar, provider)
    liar.keys = [KEY, LATER]
    assert prove(liar, provider).subject == "ada"


@pytest.mark.parametrize("verified", [False, None, "yes", 1, "false", ["true"]])
def test_an_address_that_is_not_verified_is_none(liar: Liar, verified: object) -> None:
    liar.tell(liar.claims(email_verified=verified))
    assert prove(liar).email is None


def test_what_the_id_token_lacks_is_asked_for_and_believed_of_the_same_person_only(liar: Liar) -> None:
    liar.tell(liar.claims(email=None, email_verified=None))
    liar.userinfo = {"sub": "ada", "email": "ada@example.org", "email_verified": True}
    assert prove(liar).email == "ada@example.org"
    liar.userinfo["sub"] = "eve"
    with pytest.raises(NotProved):
        prove(liar)


@pytest.mark.parametrize("words", [{"error": "access_denied"}, {"code": ""}, {"iss": "https://evil.example"}])
def test_words_that_come_back_wrong_prove_nothing(liar: Liar, words: dict[str, str]) -> None:
    liar.tell(liar.claims())
    with pytest.raises(NotProved):
        prove(liar, **words)


def test_a_provider_that_promises_its_name_in_the_answer_has_to_give_it(liar: Liar) -> None:
    liar.told["authorization_response_iss_parameter_supported"] = True
    liar.tell(liar.claims())
    with pytest.raises(NotProved):
        prove(liar)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)  # fmt: skip
def test_a_provider_that_is_not_itself_or_not_safe_is_refused(liar: Liar, changes: dict[str, Any]) -> None:
    liar.told |= changes
    with pytest.raises(ProviderAway):
        prove(liar)
