"""Fitted values drawn at random, each with its window: what a step of stochastic descent sees."""

from collections.abc import Sequence

import numpy as np

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Frame, Plane
from convcli.engine.pad import CONSTANT, sources

__all__ = ["Values"]


class Values:
    """Fitted values drawn at random, each with its window."""

    def __init__(
        self, planes: Sequence[Plane], frame: Frame, taps: Array, bias: bool, l2: float, mean: bool
    ) -> None:
        self.planes, self.frame, self.taps = planes, frame, taps
        self.bias, self.l2, self.mean = bias, l2, mean
        self.ends = np.cumsum([plane.target.size for plane in planes])

    def __call__(self, at: Floats, batch: int, rng: np.random.Generator) -> tuple[float, Floats]:
        """Return loss and gradient over `batch` values, drawn with replacement."""
        windows, targets = self._draw(batch, rng)
        windows = windows[:, self.taps]
        if self.bias:
            windows = np.column_stack([windows, np.ones(batch)])
        left = windows @ at - targets
        scale = 1 / batch if self.mean else 1.0
        weights = at.copy()
        weights[len(self.taps) :] = 0
        loss = scale * float(left @ left) + self.l2 * float(weights @ weights)
        return loss, 2 * (scale * (windows.T @ left) + self.l2 * weights)

    def share(self, batch: int) -> float:
        """Return by what a sum over all fitted values is larger than over a batch; 1 for means."""
        return 1.0 if self.mean else sum(plane.samples for plane in self.planes) / batch

    def _draw(self, batch: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        windows, targets = np.empty((batch, self.frame.taps)), np.empty(batch)
        done = 0
        while done < batch:
            # What is left out is drawn again.
            drawn = rng.integers(self.ends[-1], size=batch - done)
            which = np.searchsorted(self.ends, drawn, side="right")
            for number in np.unique(which):
                plane = self.planes[number]
                flat = drawn[which == number] - (self.ends[number] - plane.target.size)
                rows, columns = np.divmod(flat, plane.target.shape[1])
                if plane.keep is not None:
                    kept = plane.keep[rows, columns]
                    rows, columns = rows[kept], columns[kept]
                part = slice(done, done + len(rows))
                windows[part] = _windows(plane.image, self.frame, rows, columns)
                targets[part] = plane.target[rows, columns]
                done += len(rows)
        return windows, targets


def _windows(image: Array, frame: Frame, rows: Array, columns: Array) -> Floats:
    """Return the windows of some results: one row each."""
    maps = []
    for axis, starts in enumerate((rows, columns)):
        shown = sources(image.shape[axis], *frame.sides[axis], frame.mode)
        maps.append(shown[starts[:, None] * frame.stride[axis] + np.arange(frame.size[axis])])
    found = image[maps[0][:, :, None], maps[1][:, None, :]].astype(np.float64)
    value = frame.value if frame.mode is PadMode.CONSTANT else 0.0
    found[(maps[0] == CONSTANT)[:, :, None] | (maps[1] == CONSTANT)[:, None, :]] = value
    return found.reshape(len(rows), frame.taps)
