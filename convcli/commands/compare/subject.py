"""What is compared, and what of each picture: a kernel's or a stack's layers, and what the first one sees."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.commands.compare.spec import CompareSpec
from convcli.errors import UsageError
from convcli.imaging import colour
from convcli.imaging.image import Frame, Image, Space
from convcli.kernels.spec import kernel
from convcli.stacks.paddings.affected_border import has_border
from convcli.stacks.paddings.compare_padding import kernel_stack, white_of
from convcli.stacks.preprocess import IMAGENET_DEVIATION, seen
from convcli.stacks.stack import Scale, Stack, read_stack

__all__ = ["Seen", "Subject", "look", "look_at", "subject_of"]

Array = NDArray[Any]


class Subject(NamedTuple):
    """What is compared: the layers, what people call them, and whether they are one kernel."""

    stack: Stack
    name: str
    of_kernel: bool


class Seen(NamedTuple):
    """One picture as the first layer sees it.

    Attributes
    ----------
    planes
        C x H x W.
    peak, quantum
        White, None where it has no meaning; one step of the picture's depth, 0 for floats.
    frame, notes
        The pixels; lines for people.
    """

    planes: Array
    peak: float | None
    quantum: float
    frame: Frame
    notes: tuple[str, ...]


def subject_of(spec: CompareSpec) -> Subject:
    """Read the kernel or the stack.

    Raises
    ------
    UsageError
        It is unknown, malformed or gives what cannot be compared.
    """
    if spec.stack is not None:
        stack = read_stack(spec.stack)
        if not has_border(stack):
            raise UsageError(f"no layer of {stack.name!r} pads: there is no border to compare")
        return Subject(stack, stack.name, of_kernel=False)
    found = kernel(spec.kernel or "")
    if spec.normalize:
        found = found.normalized()
    if spec.convolve:
        found = found.rotated()
    if max(found.components[0].shape[-2:]) == 1 and spec.shift is None:
        raise UsageError(
            f"kernel {found.name!r} is 1 x 1 and needs no padding: there is nothing to compare",
            hint="use a larger kernel",
        )
    stack = kernel_stack(
        found, layers=spec.layers, stride=spec.stride, dilation=spec.dilation, bias=spec.bias
    )
    return Subject(stack, found.name if spec.kernel != "-" else "the kernel on stdin", of_kernel=True)


def look(image: Image, subject: Subject, *, gray: bool) -> Seen:
    """Return what the first layer sees of the first frame."""
    first, notes = image.frames[0], list(image.notes)
    if len(image.frames) > 1:
        notes.append(f"only the first of {len(image.frames)} frames is compared; --frame N chooses")
    if gray:
        first = colour.gray(first, image.space)
    space = Space.GRAY if gray and image.space is not Space.DATA else image.space
    planes, said = look_at(first, space, subject)
    floats = first.pixels.dtype.kind == "f"
    white = white_of(first.pixels)
    peak, quantum = {
        Scale.UNIT: (white if floats else 1.0, 1 / white),
        Scale.BYTE: (white, 1.0),
        Scale.IMAGENET: (None, 1 / white / min(IMAGENET_DEVIATION)),
    }[subject.stack.scale]
    return Seen(planes, peak, 0.0 if floats else quantum, first, (*notes, *said))


def look_at(frame: Frame, space: Space, subject: Subject) -> tuple[Array, list[str]]:
    """Return C x H x W as the first layer sees it, and lines for people about what it does not see."""
    if not subject.of_kernel:
        return seen(frame, space, subject.stack)
    notes = ["transparency is left out: colours alone are compared"] if frame.alpha is not None else []
    pixels = frame.pixels
    return (pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)), notes
