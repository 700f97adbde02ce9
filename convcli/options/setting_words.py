"""The options that change the numbers of a result, in words, where they are not the defaults."""

from convcli.choices import AlphaMode
from convcli.display.words import number, per_axis
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.parsing import Padding

__all__ = ["padding_words", "setting_words"]


def setting_words(spec: FilterSpec | PoolSpec, *, padded: bool) -> list[str]:
    """Return the options behind a map; those of padding where there is any (`padded`)."""
    default = type(spec)
    value = "" if spec.pad_value is None else f" {number(spec.pad_value)}"
    words = {
        "gray": spec.gray,
        "linear light": spec.linear,
        f"pad {spec.pad or 'neutral'}{value}": padded,
        f"padding {padding_words(spec.padding)}": padded and spec.padding != default.padding,
        f"stride {spec.stride and per_axis(spec.stride)}": spec.stride not in (None, default.stride),
        f"dilation {per_axis(spec.dilation)}": spec.dilation != default.dilation,
    }
    if isinstance(spec, PoolSpec):
        words |= {"sizes rounded up": spec.ceil, "padding not counted": not spec.count_include_pad}
    else:
        words |= {
            "convolved": spec.convolve,
            "normalized": spec.normalize,
            "chained": spec.chain,
            f"combined by {spec.combine}": spec.combine is not None,
            f"bias {number(spec.bias)}": spec.bias != 0,
        }
    words["weighted by alpha"] = spec.alpha is AlphaMode.FILTER
    return [word for word, is_set in words.items() if is_set]


def padding_words(padding: Padding) -> str:
    """Write a padding as ``--padding`` takes it."""
    if isinstance(padding, str):
        return padding
    (top, bottom), (left, right) = padding
    return per_axis((top, left)) if (top, left) == (bottom, right) else f"{top},{bottom},{left},{right}"
