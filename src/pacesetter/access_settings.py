"""The settings of the door: how people sign in, and how mail is sent (``[sign_in]``, ``[sign_in.oidc]``, ``[mail]``).

Owns their shape, and the reading of the secrets that they point to. A secret never stands in the settings themselves: it comes from an
environment variable or a file. Must not know people or roles beyond their names.
"""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pacesetter.errors import BadDefinition

ROLES = Literal[
    "administrator", "delivery_manager", "finance", "account_manager", "technician", "client_manager", "client_viewer"
]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FirstSignIn(_Part):
    """Who is let in on their first sign-in by OIDC, and as what (``[[sign_in.oidc.first_sign_in]]``): people whose verified address is of
    this domain get this role, over these clients and teams."""

    domain: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+$")
    role: Literal["delivery_manager", "finance", "account_manager", "client_manager", "client_viewer"]
    clients: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> "FirstSignIn":
        if self.role in ("client_manager", "client_viewer") and len(self.clients) != 1:
            raise ValueError(f"a {self.role} has one client; name it in clients")
        if self.role == "account_manager" and not self.clients:
            raise ValueError("an account_manager has clients of their own; name them in clients")
        return self


class OidcSettings(_Part):
    """An OpenID Connect provider (``[sign_in.oidc]``). ``second_factor`` says who asks for the second one: we, or the provider."""

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret_env: str | None = None
    client_secret_file: Path | None = None
    name: str = "your organisation"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    second_factor: Literal["here", "provider"] = "here"
    first_sign_in: tuple[FirstSignIn, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("an issuer is an https address")
        return value

    def client_secret(self) -> str | None:
        """The client's secret, None for a public client. Raises BadDefinition where it cannot be read."""
        return read_secret("sign_in.oidc.client_secret", self.client_secret_env, self.client_secret_file)


class SignInSettings(_Part):
    """How people sign in (``[sign_in]``). ``second_factor_for`` are the roles that nobody uses without a second factor."""

    passwords: bool = True
    second_factor_for: tuple[ROLES, ...] = ()
    oidc: OidcSettings | None = None

    @model_validator(mode="after")
    def _some_way(self) -> "SignInSettings":
        if not self.passwords and self.oidc is None:
            raise ValueError("nobody could sign in: allow passwords, or describe a provider in [sign_in.oidc]")
        return self


class MailSettings(_Part):
    """The server that takes our mail (``[mail]``)."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(pattern=r"^[^\r\n]*[^@\s<>]+@[^@\s<>]+>?$")
    user: str | None = None
    password_env: str | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> "MailSettings":
        if self.user and self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("a password is not sent in the clear; choose starttls or tls")
        return self

    def password(self) -> str | None:
        """The password of ``user``, None where there is none. Raises BadDefinition where it cannot be read."""
        return read_secret("mail.password", self.password_env, self.password_file)


def read_secret(what: str, env: str | None, file: Path | None) -> str | None:
    """The secret that an environment variable or a file holds, None where neither is named.

    Raises BadDefinition, which names the place and never the secret, where the place is empty.
    """
    if env is not None:
        found = os.environ.get(env, "").strip()
        if not found:
            raise BadDefinition(f"the environment variable {env} is empty", where=what, do="set it and start again")
        return found
    if file is None:
        return None
    try:
        found = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadDefinition(f"{file} cannot be read", where=what, do="put the secret there") from None
    if not found:
        raise BadDefinition(f"{file} is empty", where=what, do="put the secret there")
    return found
