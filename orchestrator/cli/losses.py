"""KIND=VALUE on the command line: the failure domain that a command speaks of."""

from typing import Any

import click
from pydantic import ValidationError

from orchestrator.model.declaration import Declaration
from orchestrator.model.loss import Loss


class LossType(click.ParamType[Loss]):
    """A failure domain as KIND=VALUE."""

    name = "domain"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Loss:
        """The loss; a usage error that says what is wrong."""
        if isinstance(value, Loss):
            return value
        try:
            return Loss.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


LOSS = LossType()


def declare(**domains: tuple[Loss, ...]) -> Declaration:
    """What the options declare; a usage error where they contradict one another."""
    try:
        return Declaration(**domains)
    except ValidationError as error:
        raise click.UsageError(str(error.errors()[0]["ctx"]["error"])) from None
