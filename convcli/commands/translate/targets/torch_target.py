"""PyTorch: `F.conv2d` and the poolings of `torch.nn.functional`; stacks become an `nn.Sequential`."""

from collections.abc import Iterator
from functools import partial

from convcli.commands.translate.operation import Files, Filtering, KernelPart, Operation, Pooling, StackFile
from convcli.commands.translate.python_script import PythonTool, Slide, kernel_lines, script, with_imports
from convcli.commands.translate.targets.torch_pool import pooled, whole
from convcli.commands.translate.targets.torch_stack import network
from convcli.commands.translate.targets.torch_words import (
    CHANNELS_ALIKE,
    IMPORTS,
    padded,
    pads_itself,
    window_words,
)
from convcli.errors import CannotTranslate

__all__ = ["code"]

# Lines that make ``x`` a batch of pictures.
_GRAY = ("x = torch.from_numpy(x)[None, None]",)
_CHANNELS = (
    CHANNELS_ALIKE,
    "x = torch.from_numpy(np.atleast_3d(x)).permute(2, 0, 1)[:, None]",
)
_PICTURE = ("x = torch.from_numpy(np.atleast_3d(x)).permute(2, 0, 1)[None]",)


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    if isinstance(operation, StackFile):
        files.check("PyTorch", npy=True)
        yield from with_imports(list(network(operation, files)), IMPORTS)
        return
    sums = _sums(operation)
    tool = PythonTool(
        IMPORTS,
        partial(_slide, sums=sums),
        pooled,
        whole,
        planes=False,
        module="torch",
        stack="torch.cat([{}], 1)",
        before=_GRAY if operation.gray else _PICTURE if sums else _CHANNELS,
        after=("y = y.permute(2, 3, 1, 0).squeeze((2, 3)).numpy()",),
    )
    yield from script(operation, files, tool, "torch")


def _sums(operation: Filtering | Pooling) -> bool:
    """Whether the first kernels sum over the picture's channels."""
    if isinstance(operation, Pooling):
        return False
    axes = [part.weights.ndim for part in operation.parts]
    if len(set(axes)) > 1 and not operation.chain:
        raise CannotTranslate(
            "some kernels sum over channels, and some do not", hint="translate them one by one"
        )
    return axes[0] == 3


def _slide(part: KernelPart, name: str, convolve: bool, *, sums: bool) -> Slide:
    window, itself = part.window, pads_itself(part.window)
    constants, taps = kernel_lines(name, part.weights, "x.dtype", convolve=convolve)
    lines, x = ((), "x") if itself else padded(window)
    taps = taps.replace("[::-1, ::-1]", ".flip(-2, -1)")
    if part.weights.ndim == 3:
        x += "" if sums else ".transpose(0, 1)"
        taps += "[None]"
    else:
        taps += "[None, None]"
    call = ", ".join((x, taps, *window_words(window, padding=itself)))
    tensors = (line.replace("np.array(", "torch.tensor(", 1) for line in constants)
    return Slide(tuple(tensors), lines, f"F.conv2d({call})")
