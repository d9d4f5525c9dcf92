"""Mail: one message to one person, by the server of the settings (``[mail]``).

Owns the connection. Must not know why a mail is sent. Addresses are checked before they come here; a line break never reaches a header.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from pacesetter import clock
from pacesetter.access_settings import MailSettings
from pacesetter.errors import PacesetterError

_TIMEOUT_S = 20


class MailNotSent(PacesetterError):
    """The server did not take a mail. The line never holds the address or the text."""


def send(settings: MailSettings, to: str, subject: str, text: str) -> None:
    """Send a plain text. Raises MailNotSent where the server does not take it, BadDefinition where its password cannot be read."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.sender, to, subject
    message["Date"] = formatdate(clock.now().timestamp())
    message["Message-ID"] = make_msgid(domain=parseaddr(settings.sender)[1].partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    password = settings.password()
    try:
        with _connection(settings) as server:
            if settings.user:
                server.login(settings.user, password or "")
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise MailNotSent(
            f"the mail server did not take a mail ({type(error).__name__})", where="mail", do="check its settings"
        ) from None


def _connection(settings: MailSettings) -> smtplib.SMTP:
    if settings.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=_TIMEOUT_S, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_S)
    if settings.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
