"""The options that change the numbers of a result, in words, where they are not the defaults."""

from collections.abc import Iterator

from convcli.choices import AlphaMode
from convcli.display.words import number, per_axis
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.parsing import Padding

__all__ = ["setting_words"]


def setting_words(spec: FilterSpec | PoolSpec, *, padded: bool) -> Iterator[str]:
    """Yield the options behind a map; those of padding where there is any (`padded`)."""
    default = type(spec)
    if spec.gray:
        yield "gray"
    if spec.linear:
        yield "linear light"
    if padded:
        yield f"pad {spec.pad or 'neutral'}" + (
            "" if spec.pad_value is None else f" {number(spec.pad_value)}"
        )
        if spec.padding != default.padding:
            yield f"padding {_sides(spec.padding)}"
    if spec.stride is not None and spec.stride != default.stride:
        yield f"stride {per_axis(spec.stride)}"
    if spec.dilation != default.dilation:
        yield f"dilation {per_axis(spec.dilation)}"
    if isinstance(spec, PoolSpec):
        yield from ["sizes rounded up"] if spec.ceil else []
        yield from [] if spec.count_include_pad else ["padding not counted"]
    else:
        yield from _kernel_words(spec)
    if spec.alpha is AlphaMode.FILTER:
        yield "weighted by alpha"


def _kernel_words(spec: FilterSpec) -> Iterator[str]:
    if spec.convolve:
        yield "convolved"
    if spec.normalize:
        yield "normalized"
    if spec.chain:
        yield "chained"
    if spec.combine is not None:
        yield f"combined by {spec.combine}"
    if spec.bias:
        yield f"bias {number(spec.bias)}"


def _sides(padding: Padding) -> str:
    """Write a padding as ``--padding`` takes it."""
    if isinstance(padding, str):
        return padding
    (top, bottom), (left, right) = padding
    return per_axis((top, left)) if (top, left) == (bottom, right) else f"{top},{bottom},{left},{right}"
