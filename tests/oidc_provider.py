"""A real OpenID Connect provider (Canaille, from PyPI) in a process of its own, on a port of loopback, with people in its memory.

``with running(redirect_uri) as issuer`` for tests; run as a program it is the provider.
"""

import contextlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from html import unescape

import httpx2

CLIENT, SECRET, PASSWORD = "pacesetter", "a secret that only the two know", "correct horse battery"
PEOPLE = {
    "ada": ("ada@example.org", True),
    "ada-again": ("ada@example.org", True),
    "eve": ("fin@example.org", False),
    "nova": ("nova@new.example", True),
    "stan": ("stan@stranger.example", True),
}
"""Name at the provider: e-mail, whether the provider has verified it."""


@contextlib.contextmanager
def running(redirect_uri: str) -> Iterator[str]:
    """The issuer's address while the provider runs."""
    words = [sys.executable, "-W", "ignore", __file__, redirect_uri]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stderr is not None
            line = process.stdout.readline()
            assert line, process.stderr.read()[-2000:]
            yield json.loads(line)["issuer"]
        finally:
            process.terminate()


def sign_in_there(address: str, name: str, password: str = PASSWORD) -> str:
    """Do what a person does with a browser at the provider; returns the address to which it sends them back."""
    with httpx2.Client(timeout=60) as browser:
        answer = browser.get(address)
        for fields in ({"login": name}, {"password": password}):
            while (
                answer.is_redirect and answer.next_request is not None and "127.0.0.1" in str(answer.next_request.url)
            ):
                answer = browser.send(answer.next_request)
            form = {n: unescape(v) for n, v in re.findall(r'name="(csrf_token)"[^>]*value="([^"]*)"', answer.text)}
            answer = browser.post(answer.url, data=form | fields)
        answer = _followed(browser, answer)
        if answer.next_request is not None:
            return str(answer.next_request.url)
    raise AssertionError(f"the provider did not let {name} in: {answer.status_code} {answer.text[-500:]}")


def _followed(browser: httpx2.Client, answer: httpx2.Response) -> httpx2.Response:
    """The answer at the end of redirects within the provider."""
    while answer.next_request is not None and answer.next_request.url.host == "127.0.0.1":
        answer = browser.send(answer.next_request)
    return answer


def _meet_every_condition() -> None:
    """Canaille's memory (not its databases) finds what meets one of several conditions: any code of a client for a made-up one. As in its
    databases, every condition has to be met here."""
    from canaille.backends.memory.backend import MemoryBackend  # type: ignore[import-untyped]

    original = MemoryBackend.do_query

    def strict(self: object, model: object, *words: object, **conditions: object) -> list[object]:
        met = [{one.id for one in original(self, model, **{name: value})} for name, value in conditions.items()]
        return [one for one in original(self, model, *words, **conditions) if all(one.id in ids for ids in met)]

    MemoryBackend.do_query = strict


def _serve(redirect_uri: str) -> None:
    from canaille import create_app  # type: ignore[import-untyped]
    from canaille.app import models  # type: ignore[import-untyped]
    from canaille.backends import Backend  # type: ignore[import-untyped]
    from joserfc.jwk import RSAKey
    from werkzeug.serving import WSGIRequestHandler, make_server

    _meet_every_condition()
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    key = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig", "alg": "RS256"})
    app = create_app({
        "SECRET_KEY": "of the provider, and long enough", "SERVER_NAME": f"127.0.0.1:{port}", "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "memory", "SMTP": None, "LOGGING": None, "LOGIN_ATTRIBUTES": ["user_name"]},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
    })  # fmt: skip
    app.config["CANAILLE_OIDC"]["USERINFO_MAPPING"]["EMAIL_VERIFIED"] = (
        "{% if user.title == 'verified' %}true{% endif %}"
    )
    with app.app_context():
        keep = Backend.instance.save
        for name, (email, verified) in PEOPLE.items():
            keep(models.User(
                user_name=name, family_name=name.title(), formatted_name=f"{name.title()} of the provider", emails=[email],
                password=PASSWORD, title="verified" if verified else "not",
            ))  # fmt: skip
        client = models.Client(
            client_id=CLIENT, client_name="Pacesetter", client_secret=SECRET, client_uri="http://127.0.0.1",
            redirect_uris=[redirect_uri], grant_types=["authorization_code"], response_types=["code"],
            scope=["openid", "email", "profile"], token_endpoint_auth_method="client_secret_basic",
        )  # fmt: skip
        keep(client)
        client.audience = [client]
        keep(client)

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: object) -> None:
            pass

    print(json.dumps({"issuer": f"http://127.0.0.1:{port}"}), flush=True)
    make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno(), request_handler=Quiet).serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1])
