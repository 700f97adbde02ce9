"""The kernel or stack whose paddings are compared, and each picture as the first layer's input."""

from typing import NamedTuple

from convcli.commands.compare.spec import CompareSpec
from convcli.commands.compare.study import Units
from convcli.display.language import Say
from convcli.display.words import printable
from convcli.engine.arrays import Array
from convcli.errors import UsageError
from convcli.imaging import colour
from convcli.imaging.image import Frame, Image, Space
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.pipeline.signals import one_row
from convcli.stacks.layers import channels_first
from convcli.stacks.paddings.affected_border import has_border
from convcli.stacks.paddings.border_band import data_range
from convcli.stacks.paddings.compare_padding import kernel_stack
from convcli.stacks.preprocess import IMAGENET_DEVIATION, NetworkInput, preprocess
from convcli.stacks.stack import Scale, Stack, read_stack

__all__ = ["Picture", "Subject", "along_signal", "network_input", "picture_of", "subject_of"]

# The name of a kernel that has none.
ON_STDIN = "the kernel on stdin"


class Subject(NamedTuple):
    """The layers, their name, the kernel that they are made of (None: a stack file), and lines for stderr."""

    stack: Stack
    name: str
    kernel: Kernel | None
    notes: tuple[str, ...] = ()

    def called(self, say: Say) -> str:
        """Return its name for people."""
        return say(ON_STDIN) if self.name == ON_STDIN else self.name

    @property
    def of_kernel(self) -> bool:
        """Whether the layers are a kernel's, not a stack file's."""
        return self.kernel is not None


class Picture(NamedTuple):
    """One picture as the first layer's input.

    Attributes
    ----------
    planes
        C x H x W.
    peak
        The range of the data in the units of `planes`; None where only that of the results has a meaning.
    quantum
        One level of the picture's bit depth in the units of `planes`; 0 for floats.
    units
        What errors are counted in.
    frame
        The picture as it was read.
    notes
        Lines for stderr.
    """

    planes: Array
    peak: float | None
    quantum: float
    units: Units
    frame: Frame
    notes: tuple[str, ...]


def subject_of(spec: CompareSpec) -> Subject:
    """Read the kernel or the stack; refuse one that needs no padding."""
    if spec.stack is not None:
        stack = read_stack(spec.stack)
        if (spec.shift is None or spec.pads) and not has_border(stack):
            raise UsageError(
                f"no layer of {stack.name!r} pads: there is no border to compare",
                hint="set padding in one of its layers" + ", or leave --pad out" * (spec.shift is not None),
            )
        return Subject(stack, printable(stack.name), None, stack.notes)
    found = kernel(spec.kernel or "")
    if spec.normalize:
        found = found.normalized()
    if spec.convolve:
        found = found.rotated()
    return _of_kernel(found, spec)


def along_signal(subject: Subject, spec: CompareSpec) -> Subject:
    """Return the subject for a signal: a kernel has one row there, and a stack stays as it is."""
    return subject if subject.kernel is None else _of_kernel(one_row(subject.kernel), spec)


def _of_kernel(found: Kernel, spec: CompareSpec) -> Subject:
    window = spec.window(found.components[0].shape)
    if window.size == (1, 1) and spec.shift is None:
        raise UsageError(
            f"kernel {found.name!r} is 1 x 1 and needs no padding: there is nothing to compare",
            hint="use a larger kernel",
        )
    stack = kernel_stack(found, window, layers=spec.layers, bias=spec.bias)
    called = printable(found.name) if spec.kernel != "-" else ON_STDIN
    return Subject(stack, called, found, found.notes)


def picture_of(image: Image, subject: Subject, *, gray: bool) -> Picture:
    """Return the first frame as the first layer's input."""
    first, notes = image.frames[0], list(image.notes)
    if len(image.frames) > 1:
        notes.append(f"only the first of {len(image.frames)} frames is compared; --frame N chooses")
    if gray:
        first = colour.gray(first, image.space)
    space = Space.GRAY if gray and image.space is not Space.DATA else image.space
    planes, left_out = network_input(first, space, subject)
    extent, floats = data_range(first.pixels), first.pixels.dtype.kind == "f"
    peak: float | None = extent
    quantum, units = 1.0, Units("grey levels", "in grey levels", "white")
    if subject.stack.scale is Scale.IMAGENET:
        peak, quantum = None, 1 / extent / min(IMAGENET_DEVIATION)
        units = Units("", "in the layers' units", "the results' range")
    elif floats:
        units = Units("", "in the data's units", "the data's range")
    elif subject.stack.scale is Scale.UNIT:
        peak, quantum, units = 1.0, 1 / extent, Units("", "white being 1", "white")
    return Picture(planes, peak, 0.0 if floats else quantum, units, first, (*notes, *left_out))


def network_input(frame: Frame, space: Space, subject: Subject) -> NetworkInput:
    """Return the first layer's input: scaled as the stack says, or for a kernel the pixels as they are."""
    if not subject.of_kernel:
        return preprocess(frame, space, subject.stack)
    notes = ["transparency is left out: colours alone are compared"] if frame.alpha is not None else []
    return NetworkInput(channels_first(frame.pixels), notes)
