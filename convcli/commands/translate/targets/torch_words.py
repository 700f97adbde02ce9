"""Sizes, paddings and tensors as code for PyTorch writes them, for functions and modules alike."""

from collections.abc import Iterator, Mapping

from convcli.choices import PadMode
from convcli.commands.translate.literals import number, pair
from convcli.commands.translate.python_script import padding_arguments
from convcli.engine.window import NO_PADDING, Window

# Text that code contains, and the line that imports its name.
IMPORTS: Mapping[str, str] = {
    "torch.": "import torch",
    "F.": "import torch.nn.functional as F",
    "nn.": "from torch import nn",
    "load_file(": "from safetensors.torch import load_file",
}
# Said where the channels become the batch.
CHANNELS_ALIKE = "# Every channel is treated alike: together they are a batch of pictures of one channel."
# PyTorch's names of the padding modes that `F.pad` has.
_MODES = {PadMode.REFLECT: "reflect", PadMode.REPLICATE: "replicate", PadMode.WRAP: "circular"}


def sides(window: Window) -> str:
    """Return the padding as `F.pad` and the padding modules take it: left, right, top, bottom."""
    (top, bottom), (left, right) = window.padding
    return f"({left}, {right}, {top}, {bottom})"


def pads_itself(window: Window) -> bool:
    """Whether the padding is an argument of convolutions: zeros, as many at both sides of an axis."""
    zeros = window.mode in (PadMode.ZERO, PadMode.CONSTANT) and window.constant == 0
    return window.padding == NO_PADDING or (zeros and all(low == high for low, high in window.padding))


def window_words(window: Window, *, padding: bool) -> Iterator[str]:
    """Return ``stride=2``, ``padding=1`` and ``dilation=2``, without those that are the default."""
    if window.stride != (1, 1):
        yield f"stride={pair(*window.stride)}"
    if padding and window.padding != NO_PADDING:
        yield f"padding={pair(window.padding[0][0], window.padding[1][0])}"
    if window.dilation != (1, 1):
        yield f"dilation={pair(*window.dilation)}"


def pool_words(window: Window, *, ceil: bool = False, count_include_pad: bool = True) -> str:
    """Return the arguments of a pooling: its size, and what differs from the default."""
    words = [pair(*window.size)]
    words += [] if window.stride == window.size else [f"stride={pair(*window.stride)}"]
    words += (word for word in window_words(window, padding=True) if not word.startswith("stride"))
    words += ["ceil_mode=True"] if ceil else []
    words += [] if count_include_pad or window.padding == NO_PADDING else ["count_include_pad=False"]
    return ", ".join(words)


def pads_by_half(window: Window) -> bool:
    """Whether poolings have this padding: alike at both sides, by up to half the window."""
    sides_of = zip(window.padding, window.size, strict=True)
    return all(low == high <= size // 2 for (low, high), size in sides_of)


def padded(window: Window) -> tuple[tuple[str, ...], str]:
    """Return the lines that pad ``x``, and the name of the result."""
    mode, wide = window.mode, window.padding
    within = all(max(pair) < span for pair, span in zip(wide, window.span, strict=True))
    if mode in (PadMode.ZERO, PadMode.CONSTANT):
        value = f", value={torch_number(window.constant)}" if window.constant else ""
        return (f"padded = F.pad(x, {sides(window)}{value})",), "padded"
    if mode in _MODES and (within or mode is PadMode.REPLICATE):
        return (f'padded = F.pad(x, {sides(window)}, mode="{_MODES[mode]}")',), "padded"
    why = "# PyTorch pads by less than the picture's size, NumPy by any number of pixels."
    if mode is PadMode.SYMMETRIC:
        why = "# PyTorch has no padding that mirrors with the edge pixel repeated: NumPy has."
    pairs, how = padding_arguments(((0, 0), (0, 0), *wide), mode, 0.0)
    return (why, f"padded = np.pad(x.numpy(), {pairs}{how})", "padded = torch.from_numpy(padded)"), "padded"


def torch_number(value: float) -> str:
    """Return a number that may be infinite or NaN."""
    return number(value).replace("np.", "torch.")
