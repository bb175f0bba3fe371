"""Every exit code, in one table, and which exception leads to which."""

from enum import IntEnum

from orchestrator.model.errors import OrchestratorError


class ExitCode(IntEnum):
    """What a command's exit code says, the same for all commands."""

    DONE = 0
    NOT_MET = 1  # findings, infeasible, partial, not well: the answer is no
    ERROR = 2  # usage, bad input, internal error: there is no answer
    SOME_FAILED = 3  # some accounts failed, the rest is done
    HELD = 4  # held back by a fence


EXIT_CODE_OF: dict[type[BaseException], ExitCode] = {
    OrchestratorError: ExitCode.ERROR,
    OSError: ExitCode.ERROR,
}


def find_exit_code(error: BaseException) -> ExitCode | None:
    """The exit code for an exception of the outside world; None where it is a bug of ours."""
    return next((EXIT_CODE_OF[kind] for kind in type(error).__mro__ if kind in EXIT_CODE_OF), None)
