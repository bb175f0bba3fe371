"""What a person declares of failure domains on the command line, on top of what the lock says already."""

from collections.abc import Iterable
from typing import Self

from pydantic import model_validator

from orchestrator.model.base import Frozen
from orchestrator.model.closure import Closures
from orchestrator.model.lock import LockHeader
from orchestrator.model.loss import Loss

# The kinds of domain that an API is one of: what is asked for an account answers for its provider's cloud.
WITH_API = ("account", "provider")


class Declaration(Frozen):
    """Domains lost or back, and domains that are closed or opened again. What was declared before stays so.

    `terminate` are accounts that their provider closed for good, `compromise` domains whose machines nobody may trust,
    `cut_off` those of which the API alone is lost. `uncordon` opens domains that were drained or cordoned. ValueError
    where one domain is to be two things at once.
    """

    lose: tuple[Loss, ...] = ()
    heal: tuple[Loss, ...] = ()
    terminate: tuple[Loss, ...] = ()
    compromise: tuple[Loss, ...] = ()
    cut_off: tuple[Loss, ...] = ()
    drain: tuple[Loss, ...] = ()
    cordon: tuple[Loss, ...] = ()
    uncordon: tuple[Loss, ...] = ()

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        for first, second in (
            ("terminate", "heal"),
            ("compromise", "heal"),
            ("cut_off", "heal"),
            ("drain", "cordon"),
            ("drain", "uncordon"),
            ("cordon", "uncordon"),
        ):
            both = {str(domain) for domain in getattr(self, first)} & {str(domain) for domain in getattr(self, second)}
            if both:
                raise ValueError(f"{min(both)} is to {first.replace('_', ' ')} and to {second}: say one of them")
        for domain in self.terminate:
            if domain.kind != "account":
                raise ValueError(f"{domain} is no account: what a provider ends is an account; say account=NAME")
        for domain in self.cut_off:
            if domain.kind not in WITH_API:
                raise ValueError(f"{domain} has no API of its own: say account=NAME or provider=NAME")
        return self

    @property
    def domains(self) -> tuple[Loss, ...]:
        """Every domain that is spoken of."""
        gone = (*self.lose, *self.terminate, *self.compromise, *self.cut_off)
        return (*gone, *self.heal, *self.drain, *self.cordon, *self.uncordon)

    def compute_losses(self, header: LockHeader | None) -> tuple[Loss, ...]:
        """The domains that are lost now, sorted; one that is lost and back at once is back."""
        before = header.losses if header else ()
        return _sort({*before, *self.lose, *self.terminate, *self.compromise} - set(self.heal))

    def compute_terminated(self, header: LockHeader | None) -> tuple[str, ...]:
        """The accounts that are terminated now, sorted; one that is healed begins anew."""
        before = set(header.terminated or ()) if header else set()
        ended = {domain.value for domain in self.terminate}
        return tuple(sorted((before | ended) - {domain.value for domain in self.heal if domain.kind == "account"}))

    def compute_compromised(self, header: LockHeader | None) -> tuple[Loss, ...]:
        """The domains that are compromised now, sorted; one that is healed is trusted again, its old machines never."""
        before = map(Loss.parse, (header.compromised or ()) if header else ())
        return _sort({*before, *self.compromise} - set(self.heal))

    def compute_closures(self, header: LockHeader | None) -> Closures:
        """The domains that are closed now, sorted; the last word on a domain counts."""
        before = header.closures if header else Closures()
        drained = {*before.drained, *self.drain} - {*self.cordon, *self.uncordon}
        cordoned = {*before.cordoned, *self.cordon} - {*self.drain, *self.uncordon}
        silent = {*before.api_down, *self.cut_off} - {*self.heal, *self.compute_losses(header)}
        return Closures(drained=_sort(drained), cordoned=_sort(cordoned), api_down=_sort(silent))


def _sort(domains: Iterable[Loss]) -> tuple[Loss, ...]:
    return tuple(sorted(domains, key=str))
