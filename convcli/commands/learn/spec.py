"""What `convcli learn` was asked to do."""

from typing import Any, Literal, NamedTuple, Self

from convcli.choices import FitMethod, Init, Loss, PadMode
from convcli.errors import UsageError

__all__ = ["LearnSpec"]


class _LearnFields(NamedTuple):
    size: tuple[int, int] | Literal["auto"]
    pad: PadMode | Literal["auto"] = PadMode.REFLECT
    pad_value: float | None = None
    stride: tuple[int, int] = (1, 1)
    convolve: bool = False
    bias: bool = True
    l2: float = 0.0
    per_channel: bool = False
    gray: bool = False
    keep_saturated: bool = False
    holdout: float = 0.0
    seed: int = 0
    method: FitMethod = FitMethod.LSTSQ
    loss: Loss = Loss.MEAN
    steps: int | None = None
    lr: float | None = None
    batch: int | None = None
    init: Init | None = None
    show_steps: int | None = None
    jobs: int | None = None


class LearnSpec(_LearnFields):
    """How `convcli learn` fits a kernel to pictures before and after; a tuple, as `PoolSpec` is.

    Attributes
    ----------
    size, pad
        Of the kernel, and the border that made the targets; ``auto``: to be found.
    pad_value, stride, convolve, gray, jobs
        As for :class:`FilterSpec`.
    bias, l2
        Whether a bias is fitted; the weight of the penalty on squared weights.
    per_channel
        One kernel for each channel, instead of one for all.
    keep_saturated
        Fit black and white pixels of targets of integers too.
    holdout, seed
        Share of the values that is predicted, not fitted; what every draw is made with.
    method, loss
        How it is found, and what is minimised.
    steps, lr, batch, init
        Of descent alone (None: 1000, a rate that converges, all pixels, zeros).
    show_steps
        After how many steps of descent a line tells the loss (None: never).
    """

    __slots__ = ()

    def __new__(cls, **fields: Any) -> Self:
        """Make one, and check it."""
        spec = super().__new__(cls, **fields)
        _check_learning(spec)
        return spec


def _check_learning(spec: LearnSpec) -> None:
    if spec.pad_value is not None and spec.pad is not PadMode.CONSTANT:
        raise UsageError(
            f"--pad-value {spec.pad_value:g} has no effect with --pad {spec.pad}",
            hint="use --pad constant, or leave --pad-value out",
        )
    descent = {
        "--steps": spec.steps,
        "--lr": spec.lr,
        "--batch": spec.batch,
        "--init": spec.init,
        "--show-steps": spec.show_steps,
    }
    given = [(name, value) for name, value in descent.items() if value is not None]
    if given and spec.method is FitMethod.LSTSQ:
        name, value = given[0]
        raise UsageError(
            f"{name} {value} has no effect with --method lstsq, which takes no steps",
            hint="use --method gd or --method adam",
        )
    for name, count in (("--steps", spec.steps), ("--batch", spec.batch), ("--show-steps", spec.show_steps)):
        if count is not None and count < 1:
            raise UsageError(f"{name} {count} is too small", hint="use 1 or more")
    if spec.jobs is not None and spec.jobs < 1:
        raise UsageError(f"--jobs {spec.jobs} is too small", hint="use 1 or more")
    if spec.lr is not None and not spec.lr > 0:
        raise UsageError(f"--lr {spec.lr:g} is not positive", hint="leave it out for one that converges")
    if spec.l2 < 0:
        raise UsageError(f"--l2 {spec.l2:g} is negative", hint="use 0 or more")
    if spec.seed < 0:
        raise UsageError(f"--seed {spec.seed} is negative", hint="use 0 or more")
    if not 0 <= spec.holdout < 1:
        raise UsageError(f"--holdout {spec.holdout:g} is not a share", hint="use 0 to below 1, such as 0.1")
