"""The entry point: finds the command, loads it alone, and turns exceptions into one message and an exit code."""

import sys
from importlib import import_module
from keyword import iskeyword

import click

from orchestrator import __version__
from orchestrator.cli.exit_codes import ExitCode, find_exit_code

# Each command's module is imported only when it is called, which keeps --help and check quick.
COMMANDS = {
    "place": "Decide where every node stands: spec (and lock) -> lock.",
    "check": "Hold the lock against the policy and the spec.",
    "diff": "Tell what changes from one lock to another.",
    "ci": "Check a change in a CI, and tell its pull request.",
    "import": "Write spec and lock for what already runs.",
    "simulate": "Show what the loss of each failure domain would take.",
    "up": "Provision and configure what the lock says.",
    "status": "Show what is, against what should be.",
    "rebalance": "Restore the policy after a loss, or when what was lost came back.",
    "recover": "Rebuild a lost Pulumi state from the lock and from what the clouds have.",
    "rehearse": "Lose and heal domains of a rehearsal; list and clean rehearsals.",
    "down": "Remove the fleet's machines.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or a stand-in that knows its one-line help where only that is asked for."""
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name  # import is a word of Python's own
        command: click.Command = import_module(f"orchestrator.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; an error with the nearest one where there is none of that name."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Example: orchestrator place fleet.yaml && orchestrator up --rehearse fleet.yaml",
)
@click.version_option(__version__, prog_name="orchestrator")
def root() -> None:
    """Spread blockchain nodes over providers under anti-concentration rules, and keep it so.

    Exit codes: 0 done, 1 the answer is no (findings, infeasible, not well), 2 usage or internal error,
    3 some accounts failed, 4 held back by a fence.
    """


def main() -> None:
    """Runs the command line and exits."""
    try:
        code = root.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; the same command run again goes on from here", err=True)
        code = ExitCode.ERROR
    except Exception as error:
        known = find_exit_code(error)
        if known is None:
            raise
        click.echo(f"error: {error}", err=True)
        code = known
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
