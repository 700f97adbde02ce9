"""The options of ``convcli compare`` as one frozen value, checked when made. No NumPy here."""

from dataclasses import dataclass

from convcli.choices import PadMode
from convcli.engine.window import Window
from convcli.errors import UsageError

__all__ = ["CompareSpec"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CompareSpec:
    """How paddings are compared; `pad_value` is in the units of the first layer's input."""

    kernel: str | None = None  # either a kernel SPEC or a stack file
    stack: str | None = None
    layers: int = 1
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    bias: float = 0.0
    convolve: bool = False
    normalize: bool = False
    pad_value: float = 0.0
    gray: bool = False
    crop: int | None = None
    truth: str | None = None
    offset: tuple[int, int] | None = None
    bias_map: bool = False
    samples: int | None = None
    seed: int | None = None
    shift: tuple[int, int] | None = None
    jobs: int | None = None

    def window(self, kernel_shape: tuple[int, ...]) -> Window:
        """Return how a kernel slides, padded to ``same`` (its rows and columns are the last two axes)."""
        size = kernel_shape[-2], kernel_shape[-1]
        return Window.of(size, self.stride, "same", self.dilation, PadMode.ZERO)

    def __post_init__(self) -> None:
        if (self.kernel is None) == (self.stack is None):
            raise UsageError(
                "--kernel and --stack exclude each other"
                if self.kernel
                else "there is nothing to compare with",
                hint="give --kernel SPEC or --stack STACK.toml",
            )
        for name, value in (("layers", self.layers), ("crop", self.crop), ("jobs", self.jobs)):
            if value is not None and value < 1:
                raise UsageError(f"--{name} {value} is too small", hint="use 1 or more")
        if self.samples is not None and self.samples < 2:
            raise UsageError(f"--samples {self.samples} is too small", hint="use 2 or more")
        if self.seed is not None and self.seed < 0:
            raise UsageError(f"--seed {self.seed} is negative", hint="use 0 or more")
        _no_effect(self)


def _no_effect(spec: CompareSpec) -> None:
    """Refuse options that would be ignored."""
    truth = (spec.crop is not None, spec.truth is not None)
    of_kernel = {
        "layers": spec.layers != 1,
        "stride": spec.stride != (1, 1),
        "dilation": spec.dilation != (1, 1),
        "bias": spec.bias != 0,
        "convolve": spec.convolve,
        "normalize": spec.normalize,
    }
    wrong = next((name for name, given in of_kernel.items() if given and spec.stack is not None), None)
    if wrong is not None:
        raise UsageError(
            f"--{wrong} has no effect with --stack, whose layers have their own", hint="change the stack file"
        )
    if all(truth):
        raise UsageError("--crop and --truth exclude each other", hint="give one of them")
    if spec.offset is not None and spec.truth is None:
        raise UsageError("--offset has no effect without --truth", hint="add --truth LARGER")
    if spec.bias_map and spec.shift is not None:
        raise UsageError("--bias-map and --shift exclude each other", hint="run one after the other")
    other = "--bias-map" if spec.bias_map else "--shift" if spec.shift is not None else ""
    if other and any(truth):
        raise UsageError(
            f"--{'crop' if truth[0] else 'truth'} has no effect with {other}, which needs no truth",
            hint="leave one of them out",
        )
    if not spec.bias_map and (spec.samples is not None or spec.seed is not None):
        name = "samples" if spec.samples is not None else "seed"
        raise UsageError(f"--{name} has no effect without --bias-map", hint="add --bias-map")
