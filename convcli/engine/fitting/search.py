"""What fitting leaves open, found: the size of the kernel, its anchor, and the border."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from convcli.choices import FitMethod, PadMode
from convcli.engine.arrays import Array
from convcli.engine.fitting.data import Frame, Pair, Plane, check_targets, interior
from convcli.engine.fitting.moments import Centre, sum_moments
from convcli.engine.fitting.normal_equations import Normal
from convcli.engine.fitting.one_kernel import Goal, Part, fit_part
from convcli.engine.fitting.padding_search import COPIED, BorderTrial, Kernel, try_borders
from convcli.engine.fitting.size_search import NOTHING, SizeTrial, find_size
from convcli.errors import GeometryError, UsageError
from convcli.parsing import as_pair

__all__ = ["AUTO", "Border", "Search"]

AUTO = "auto"

MOST = 4096
"""Weights of a kernel: their normal equations are a matrix of the square of that."""

EXPLAINED = 2.0
"""Times the residual of the interior, the border's is no more of the border that was used."""

FAINT = 1e-6
"""Share of the targets' deviation that a border's residual may be in any case."""

ELSEWHERE = 0.5
"""Share of our anchor's sum of squares below which another anchor is believed."""


class Border(NamedTuple):
    """What is fitted: planes, the frame to say and the frame to read them in, which weights, and trials."""

    groups: Sequence[Sequence[Plane]]
    frame: Frame
    trials: tuple[BorderTrial, ...] = ()
    fits: bool = True
    copied: bool = False
    taps: Array | None = None

    @property
    def read(self) -> Frame:
        """The frame for `groups`, which are interiors where no border explains the targets'."""
        inner = self.copied or not self.fits
        return self.frame._replace(mode=PadMode.VALID) if inner else self.frame


class Search(NamedTuple):
    """Finds what was left open: the size and the border."""

    pairs: Sequence[Pair]
    groups: Sequence[Sequence[Plane]]
    stride: tuple[int, int]
    goal: Goal
    threads: int

    def size(self, size: object, mode: PadMode | None) -> tuple[tuple[int, int], tuple[SizeTrial, ...]]:
        """Return the size as given, or as found with the trials."""
        if isinstance(size, str) and size != AUTO:
            raise UsageError(f"size {size!r} is not a size", hint="give an int, (rows, columns) or 'auto'")
        if size != AUTO:
            taken = as_pair(size, "size")
            if taken[0] * taken[1] > MOST:
                raise UsageError(
                    f"size {taken[0]}x{taken[1]} has {taken[0] * taken[1]} weights",
                    hint=f"at most {MOST} can be fitted",
                )
            return taken, ()
        same = Frame((1, 1), self.stride, PadMode.REFLECT)
        shapes = [same.results(pair.image.shape) == pair.target.shape[:2] for pair in self.pairs]
        if mode is not PadMode.VALID and (all(shapes) or mode is not None):
            check_targets(self.pairs, same, False)
            return find_size(self.groups, self.stride, self.goal.bias, self.threads)
        return _lost(self.pairs, self.stride), ()

    def border(self, frame: Frame, given: bool) -> Border:
        """Return the border that explains the targets', tried with the kernel of the interior.

        `given` says that the size was asked for, so that an even one may be anchored as other tools do. One
        that was found may be part of a larger kernel with zeros: tools that leave the border alone then leave
        as much of it on each side.
        """
        if frame.mode is PadMode.VALID:
            return Border(self.groups, frame)
        frame, taps = self._anchored(frame) if given else (frame, None)
        margin = 0 if given else max(n // 2 for n in frame.size)
        inner = [[interior(plane, frame, margin) for plane in planes] for planes in self.groups]
        kept = [[plane for plane in planes if plane is not None] for planes in inner]
        unknowns = (frame.taps if taps is None else len(taps)) + self.goal.bias
        fewest = min(sum(plane.samples for plane in planes) for planes in kept)
        if fewest < unknowns:
            raise GeometryError(
                f"{fewest or 'no'} window{'s' if fewest > 1 else ''} of {frame.size[0]}x{frame.size[1]} "
                "inside the picture: too few to find the border",
                hint="say which border it is, or use a smaller size",
            )
        valid = frame._replace(mode=PadMode.VALID)
        parts = [self._exactly(planes, valid, taps) for planes in kept]
        kernels = [
            Kernel(planes, part.weights, part.bias) for planes, part in zip(self.groups, parts, strict=True)
        ]
        count = sum(part.residuals.samples for part in parts)
        deviation = (sum(part.moments.variation for part in parts) / count) ** 0.5
        rmse = (sum(part.residuals.square for part in parts) / count) ** 0.5
        trials = try_borders(kernels, frame, margin, deviation)
        fits = trials[0].rms <= EXPLAINED * rmse + FAINT * deviation
        copied = fits and trials[0].mode == COPIED
        if copied or not fits:
            return Border(kept, frame, trials, fits, copied, taps)
        found = frame._replace(mode=PadMode(trials[0].mode), value=trials[0].value or 0.0)
        return Border(self.groups, found, trials, taps=taps)

    def _anchored(self, frame: Frame) -> tuple[Frame, Array | None]:
        """Return the frame in which an even kernel explains most, and its weights if they do not fill it."""
        rows, columns = frame.size
        wide = frame._replace(size=(rows + 1 - rows % 2, columns + 1 - columns % 2))
        inner = [[interior(plane, wide) for plane in planes] for planes in self.groups]
        kept = [[plane for plane in planes if plane is not None] for planes in inner]
        if wide == frame or wide.taps > MOST or not all(any(p.samples for p in planes) for planes in kept):
            return frame, None
        grid = np.arange(wide.taps).reshape(wide.size)
        # Ours leaves the first row and column out: the extra pixel is at the bottom and right.
        corners = [(0,) if n % 2 else (1, 0) for n in frame.size]
        places = [
            grid[top : top + rows, left : left + columns].ravel() for top in corners[0] for left in corners[1]
        ]
        valid, bias = wide._replace(mode=PadMode.VALID), self.goal.bias
        moments = [
            sum_moments(planes, valid, Centre.of(planes) if bias else Centre(), self.threads)
            for planes in kept
        ]
        squares = [sum(Normal(each.take(taps), bias, 0.0).squares for each in moments) for taps in places]
        best, least = int(np.argmin(squares)), NOTHING * sum(each.square for each in moments)
        return (wide, places[best]) if squares[best] < ELSEWHERE * squares[0] - least else (frame, None)

    def _exactly(self, planes: Sequence[Plane], frame: Frame, taps: Array | None) -> Part:
        """Return the least squares, whatever the method that was asked for."""
        course = self.goal.course._replace(method=FitMethod.LSTSQ)
        return fit_part(planes, frame, self.goal._replace(course=course), self.threads, taps)


def _lost(pairs: Sequence[Pair], stride: tuple[int, int]) -> tuple[int, int]:
    """Return the size that makes ``valid`` targets as much smaller as they are."""
    if stride != (1, 1):
        raise UsageError("the size cannot be told from valid targets with a stride", hint="give the size")
    lost = {
        tuple(before - after + 1 for before, after in zip(pair.image.shape, pair.target.shape, strict=True))
        for pair in pairs
    }
    rows, columns, _ = min(lost)
    if len(lost) > 1 or min(rows, columns) < 1:
        pair = pairs[0]
        raise GeometryError(
            f"targets of {pair.target.shape[0]}x{pair.target.shape[1]} cannot be made of inputs of "
            f"{pair.image.shape[0]}x{pair.image.shape[1]} by one valid filter",
            hint="targets have the size of their inputs, or are smaller by one less than the kernel",
        )
    return rows, columns
