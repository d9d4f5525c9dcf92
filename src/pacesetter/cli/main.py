"""The command ``pacesetter``: which commands there are, and how a refusal is said.

Owns the entry point and exit statuses: 0 done; 1 done, with rows in quarantine or a check that fails; 2 the request was wrong or
nothing could be done, with one plain line on standard error.
"""

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from pacesetter import __version__
from pacesetter.cli import (
    calendar_commands,
    demo_commands,
    kpi_commands,
    mapping_commands,
    overview,
    raci_commands,
    scorecard_commands,
    serve_commands,
    sla_commands,
    statement_commands,
    ticket_commands,
    two_clocks_commands,
    workspace_commands,
)
from pacesetter.errors import PacesetterError
from pacesetter.warehouse.finishing import Finished, add_step


class PlainGroup(TyperGroup):
    """A group whose refusals are one plain line on standard error."""

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        """Run the command; every refusal becomes one line and exit status 2."""
        try:
            result = super().main(*args, **(kwargs | {"standalone_mode": False}))
        except PacesetterError as error:
            _refuse(error.line())
        except TyperException as error:
            _refuse(_usage_line(error))
        except Abort:
            _refuse("stopped; nothing was changed")
        except KeyboardInterrupt:
            _refuse("stopped; nothing was changed")
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            result = 0
        except Exception as error:  # the last resort: a user never meets a traceback
            if os.environ.get("PACESETTER_TRACEBACK"):
                raise
            _refuse(
                f"a fault of the program ({type(error).__name__}: {_first_line(error)}); please report it, and run "
                "again with PACESETTER_TRACEBACK=1 to see where"
            )
        if standalone_mode:
            sys.exit(result if isinstance(result, int) else 0)
        return result


def _refuse(line: str) -> None:
    print(f"pacesetter: {line}", file=sys.stderr)
    sys.exit(2)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else "no message"


def _usage_line(error: TyperException) -> str:
    text = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    hint = f" (see '{context.command_path} --help')" if context is not None else ""
    return f"{text or 'name a command'}{hint}"


app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Exact KPIs, SLA clocks and responsibility for managed service providers and their clients.",
    epilog="Begin with: pacesetter init work; pacesetter import BUNDLE -w work; pacesetter kpi get tickets_created -w work",
)


def _roll_up(done: Finished) -> None:
    """Bring the roll-ups up to date; what that needs is not loaded for commands that build nothing."""
    from pacesetter.catalogue.rollup_building import keep_up

    keep_up(done)


add_step(_roll_up)
app.command("init")(workspace_commands.init)
app.command("import")(workspace_commands.import_)
app.command("export")(workspace_commands.export)
app.command("doctor")(workspace_commands.doctor)
app.command("rebuild")(workspace_commands.rebuild)
app.command("demo")(demo_commands.demo)
app.command("overview")(overview.overview)
app.command("serve")(serve_commands.serve)
app.add_typer(kpi_commands.app, name="kpi")
app.add_typer(scorecard_commands.app, name="scorecard")
app.add_typer(mapping_commands.app, name="mapping")
app.add_typer(calendar_commands.app, name="calendar")
app.add_typer(serve_commands.users, name="user")
sla_commands.app.command("statement")(statement_commands.statement_)
sla_commands.app.command("key")(statement_commands.key_)
sla_commands.app.command("two-clocks")(two_clocks_commands.two_clocks_)
app.command("verify")(statement_commands.verify_)
app.add_typer(sla_commands.app, name="sla")
app.add_typer(ticket_commands.app, name="ticket")
app.add_typer(raci_commands.app, name="raci")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True),
) -> None:
    if version:
        print(f"pacesetter {__version__}")
        raise typer.Exit


def main() -> None:
    """The entry point of the command line."""
    app()
