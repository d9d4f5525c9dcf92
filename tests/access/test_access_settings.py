"""The settings of the door: shapes, and secrets that come from elsewhere."""

from pathlib import Path

import pytest

from pacesetter.access.roles import ROLES
from pacesetter.access_settings import MailSettings, OidcSettings, read_secret
from pacesetter.errors import BadDefinition
from pacesetter.settings import read_settings

OIDC = '[sign_in.oidc]\nissuer = "https://login.example.org"\nclient_id = "pacesetter"\n'
MAIL = 'address = "https://desk.example.org"\n[mail]\nhost = "mail.example.org"\nsender = "Desk <desk@example.org>"\n'


def settings_of(folder: Path, text: str) -> object:
    (folder / "pacesetter.toml").write_text(text)
    return read_settings(folder)


def test_a_whole_door_can_be_described(tmp_path: Path) -> None:
    rule = '[[sign_in.oidc.first_sign_in]]\ndomain = "msp.example"\nrole = "finance"\n'
    text = (
        MAIL.split("\n")[0]
        + '\n[sign_in]\nsecond_factor_for = ["administrator"]\n'
        + OIDC
        + rule
        + MAIL.split("\n", 1)[1]
    )
    found = settings_of(tmp_path, text)
    assert found.sign_in.oidc.first_sign_in[0].role == "finance"  # type: ignore[attr-defined]
    assert found.sign_in.second_factor_for == ("administrator",)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (OIDC.replace("https", "http"), "an issuer is an https address"),
        (OIDC + 'client_secret = "in the clear"\n', "unknown setting"),
        ("[sign_in]\npasswords = false\n", "nobody could sign in"),
        ('[sign_in]\nsecond_factor_for = ["king"]\n', "second_factor_for"),
        (OIDC + '[[sign_in.oidc.first_sign_in]]\ndomain = "a.example"\nrole = "administrator"\n', "role"),
        (OIDC + '[[sign_in.oidc.first_sign_in]]\ndomain = "a.example"\nrole = "client_viewer"\n', "one client"),
        (OIDC + '[[sign_in.oidc.first_sign_in]]\ndomain = "*"\nrole = "finance"\n', "domain"),
        (MAIL.split("\n", 1)[1], "needs an address"),
        (MAIL + 'user = "desk"\nsecurity = "none"\n', "in the clear"),
        (MAIL.replace("Desk <", "Desk\\nBcc: <"), "sender"),
    ],
)  # fmt: skip
def test_what_would_not_hold_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(BadDefinition, match=complaint) as refused:
        settings_of(tmp_path, text)
    assert "in the clear" not in refused.value.line() or "password" in refused.value.line()


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_TEST", "from the environment")
    oidc = OidcSettings(issuer="https://x.example", client_id="p", client_secret_env="OF_THE_TEST")
    assert oidc.client_secret() == "from the environment" and "from the" not in repr(oidc)
    (tmp_path / "secret").write_text("from a file\n")
    assert MailSettings(host="h", sender="a@b", password_file=tmp_path / "secret").password() == "from a file"
    assert read_secret("x", None, None) is None
    monkeypatch.setenv("OF_THE_TEST", " ")
    (tmp_path / "secret").write_text("\n")
    for env, file in (("OF_THE_TEST", None), (None, tmp_path / "secret"), (None, tmp_path / "nothing")):
        with pytest.raises(BadDefinition, match=r"sign_in\.oidc\.client_secret"):
            read_secret("sign_in.oidc.client_secret", env, file)


def test_the_roles_of_the_settings_are_those_there_are() -> None:
    from typing import get_args

    from pacesetter.access_settings import ROLES as NAMED

    assert set(get_args(NAMED)) == set(ROLES)
