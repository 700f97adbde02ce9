"""Kernel size, stride and padding that the sizes of inputs and targets allow."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from convcli.choices import PadMode
from convcli.engine.fitting.data import TrainingPair
from convcli.engine.window import Window, size_text
from convcli.errors import GeometryError
from convcli.limits import LEARNED_WEIGHTS

__all__ = ["TargetSizeError", "check_targets", "fits", "proven_size", "valid_size"]

Pair = tuple[int, int]

# Longest side, in pixels, of a kernel that sizes alone prove, as in the first stage of the size search. A
# target that is smaller by more was probably cropped, and the fit to a large picture would take minutes.
PROVEN_SIDE = 15


class _Settings(NamedTuple):
    """Padding, kernel size and stride that make targets of their sizes; None leaves it as given."""

    pad: str | None
    size: Pair | None
    stride: Pair | None

    def __str__(self) -> str:
        """Return them as they are typed, such as ``-p valid --size 1x2``."""
        words = [] if self.pad is None else [f"-p {self.pad}"]
        words += [] if self.size is None else [f"--size {size_text(self.size)}"]
        if self.stride is not None:
            rows, columns = self.stride
            words.append(f"--stride {rows if rows == columns else size_text(self.stride)}")
        return " ".join(words)


class TargetSizeError(GeometryError):
    """The target of the pair `number`, counted from 1, does not have the size that comes from its input."""

    number = 1


def proven_size(pairs: Sequence[TrainingPair], stride: Pair, bias: bool) -> Pair | None:
    """Return the kernel size where the sizes of inputs and targets prove that the filter was ``valid``."""
    if _strides(pairs):
        return None  # a filter with padding and another stride makes these targets, too
    return valid_size(pairs, stride, bias, longest=PROVEN_SIDE)


def valid_size(
    pairs: Sequence[TrainingPair], stride: Pair, bias: bool = False, *, longest: int = LEARNED_WEIGHTS.most
) -> Pair | None:
    """Return the largest kernel size for which a ``valid`` filter gives targets of their sizes.

    A smaller one that does, too, as with strides, is that one with zeros at the end. None: no size that is at
    most `longest` does, or the targets have fewer values than it has unknowns.
    """
    rows, columns = (
        max(
            (k for k in range(1, 1 + axis[0][0]) if all((n - k) // s + 1 == made for n, made in axis)),
            default=0,
        )
        for axis, s in zip(_sides(pairs), stride, strict=True)
    )
    most = min(LEARNED_WEIGHTS.most, sum(pair.target.size for pair in pairs) - bias)
    return (rows, columns) if 0 < rows * columns <= most and max(rows, columns) <= longest else None


def check_targets(pairs: Sequence[TrainingPair], window: Window, *, auto: bool, size_given: bool) -> Window:
    """Return the window for which every target has the output size of its input.

    With `auto` the padding is still to be found: it is ``valid`` where all targets have that size. An error
    names settings that make targets of these sizes.
    """
    if all(fits(pair, window) for pair in pairs):
        return window
    if auto and all(fits(pair, window.unpadded()) for pair in pairs):
        return window.unpadded()
    number, pair = next((at, pair) for at, pair in enumerate(pairs, 1) if not fits(pair, window))
    size = window.size if size_given else None
    error = _mismatch(pairs, pair, f" {number}" if len(pairs) > 1 else "", window, size)
    error.number = number
    raise error


def fits(pair: TrainingPair, window: Window) -> bool:
    """Return whether the target has the output size of the input."""
    return _output(pair, window) == pair.target.shape[:2]


def _output(pair: TrainingPair, window: Window) -> Pair | None:
    """Return the size of the filtered input, None where no window fits into it."""
    rows, columns = (axis.output_size(n) for axis, n in zip(window.axes, pair.image.shape, strict=False))
    return (rows, columns) if rows > 0 and columns > 0 else None


def _mismatch(
    pairs: Sequence[TrainingPair], pair: TrainingPair, which: str, window: Window, size: Pair | None
) -> TargetSizeError:
    before, after = pair.image.shape[:2], pair.target.shape[:2]
    kernel = "a filter" if size is None else f"a {size_text(size)} kernel"
    stride = "" if window.stride == (1, 1) else f" with stride {size_text(window.stride)}"
    made = _output(pair, window)
    message = (
        f"target{which} is {size_text(after)}, but {kernel}{stride} makes "
        f"{'nothing' if made is None else size_text(made)} of its input of {size_text(before)}"
    )
    settings = list(_other_settings(pairs, window, size))
    if settings:
        large = max(settings[0].size or (0,)) > PROVEN_SIDE
        crop = "; if the target was cropped, crop the input alike" if large else ""
        return TargetSizeError(message, f"{', or '.join(map(str, settings))} makes that size{crop}")
    if after == before[::-1]:
        return TargetSizeError(message, "one of the two is turned: rotate it by 90 degrees")
    if len(pairs) > 1 and all(list(_other_settings([each], window, size)) for each in pairs):
        return TargetSizeError(message, "no single kernel makes all targets: learn these pairs apart")
    if max(after[0] - before[0], after[1] - before[1]) > 0:
        swap = "swap input and target, if they are in the wrong order, or pad the input as the filter did"
        return TargetSizeError(message, swap)
    return TargetSizeError(message, "no filter resizes or crops: give input and target in the same size")


def _other_settings(pairs: Sequence[TrainingPair], window: Window, size: Pair | None) -> Iterator[_Settings]:
    """Yield settings that make all targets of their sizes, the likeliest first."""
    valid = window.mode is PadMode.VALID

    def stride_of(found: Pair) -> Pair | None:
        return None if found == window.stride else found

    padded = _strides(pairs)
    inner = _strides(pairs, less=(size[0] - 1, size[1] - 1)) if size else None
    if valid and inner:
        yield _Settings("valid", size, stride_of(inner))
    elif padded:
        yield _Settings("auto" if valid else None, None, stride_of(padded))
        if size is None and (small := valid_size(pairs, window.stride, longest=PROVEN_SIDE)):
            yield _Settings("valid", small, None)
    elif inner:
        yield _Settings("valid", size, stride_of(inner))
    elif found := valid_size(pairs, window.stride):
        yield _Settings("valid", found, None)
    else:
        # The largest stride leaves the smallest kernel.
        last = min((n - 1) // max(1, made - 1) for axis in _sides(pairs) for n, made in axis)
        found = valid_size(pairs, (last, last), longest=PROVEN_SIDE) if last else None
        if found:
            yield _Settings("valid", found, stride_of((last, last)))


def _sides(pairs: Sequence[TrainingPair]) -> list[list[Pair]]:
    """Return for each axis the lengths of input and target in all pairs."""
    return [[(pair.image.shape[axis], pair.target.shape[axis]) for pair in pairs] for axis in (0, 1)]


def _strides(pairs: Sequence[TrainingPair], less: Pair = (0, 0)) -> Pair | None:
    """Return the smallest strides that make the targets of inputs that are smaller by `less`.

    They are the same along both axes where that does: ``ceil(n / stride)`` is the target's length.
    """
    rows, columns = (
        [s for s in range(1, 1 + axis[0][0]) if all(-((fewer - n) // s) == made for n, made in axis)]
        for axis, fewer in zip(_sides(pairs), less, strict=True)
    )
    both = min(set(rows) & set(columns), default=None)
    if both is not None:
        return both, both
    return (rows[0], columns[0]) if rows and columns else None
