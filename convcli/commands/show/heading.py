"""What changes the numbers of a map, in words: the options that are not the defaults."""

from collections.abc import Iterator

from convcli.commands.show.spec import ShowSpec
from convcli.display.words import number, per_axis
from convcli.options.specs import FilterSpec, ReadSpec
from convcli.parsing import Padding

__all__ = ["settings"]


def settings(spec: FilterSpec, reading: ReadSpec, show_spec: ShowSpec, *, padded: bool) -> Iterator[str]:
    """Yield the options behind a map; those of padding where there is any (`padded`)."""
    if reading.frame is not None:
        yield f"frame {reading.frame}"
    if reading.layout is not ReadSpec.layout:
        yield f"layout {reading.layout}"
    if spec.gray:
        yield "gray"
    if padded:
        yield f"pad {spec.pad}" + ("" if spec.pad_value is None else f" {number(spec.pad_value)}")
        if spec.padding != FilterSpec.padding:
            yield f"padding {_sides(spec.padding)}"
    if spec.stride != FilterSpec.stride:
        yield f"stride {per_axis(spec.stride)}"
    if spec.dilation != FilterSpec.dilation:
        yield f"dilation {per_axis(spec.dilation)}"
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
    if not show_spec.center:
        yield "means not subtracted"


def _sides(padding: Padding) -> str:
    """Write a padding as ``--padding`` takes it."""
    if isinstance(padding, str):
        return padding
    (top, bottom), (left, right) = padding
    return per_axis((top, left)) if (top, left) == (bottom, right) else f"{top},{bottom},{left},{right}"
