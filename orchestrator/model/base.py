"""The base of every noun: frozen, closed to unknown keys, comparable by value."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value; an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")
