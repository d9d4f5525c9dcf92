"""Every refusal that a user can meet, as one plain line that says what, where and what to do.

Owns the exception types. Must not know anything above it.
"""


class PacesetterError(Exception):
    """A request that cannot be done as asked. The text is one plain line for the person who asked.

    The command line prints it on standard error and exits with status 2, without a traceback.
    """

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        self.what = what
        self.where = where
        self.do = do
        super().__init__(self.line())

    def line(self) -> str:
        """The whole message on one line: ``where: what; do``."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        return " ".join((f"{text}; {self.do}" if self.do else text).split())


class BadRequest(PacesetterError):
    """The question was wrong: an unknown id, dimension, date, option."""


class BadDefinition(PacesetterError):
    """A definition (calendar hours, policy, KPI, mapping, settings) that cannot be read; ``where`` says the place."""


class UnreadableFile(PacesetterError):
    """A file that cannot be read at all; the import stops and changes nothing."""


class BadWorkspace(PacesetterError):
    """The folder is not a workspace, is locked by another writer, or was written by a newer version."""


class Forbidden(PacesetterError):
    """The scope of the caller does not reach what was asked for. Never names what lies outside the scope."""
