"""Batches of stochastic descent: target values drawn at random, each with its window."""

from collections.abc import Sequence

import numpy as np

from convcli.choices import Loss
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Plane
from convcli.engine.fitting.options import FitOptions
from convcli.engine.pad import CONSTANT, sources
from convcli.engine.window import Window

__all__ = ["Batches"]


class Batches:
    """Loss and gradient over random batches of target values, for some of a window's weights."""

    def __init__(self, planes: Sequence[Plane], window: Window, taps: Array, options: FitOptions) -> None:
        self.planes, self.window, self.taps, self.options = planes, window, taps, options
        self.ends = np.cumsum([plane.target.size for plane in planes])

    def __call__(self, at: Floats, batch: int, rng: np.random.Generator) -> tuple[float, Floats]:
        """Return loss and gradient over `batch` values, drawn with replacement."""
        windows, targets = self._draw(batch, rng)
        windows = windows[:, self.taps]
        if self.options.bias:
            windows = np.column_stack([windows, np.ones(batch)])
        residuals = windows @ at - targets
        scale, l2 = self.options.scale(batch), self.options.l2
        weights = at.copy()
        weights[len(self.taps) :] = 0
        loss = scale * float(residuals @ residuals) + l2 * float(weights @ weights)
        return loss, 2 * (scale * (windows.T @ residuals) + l2 * weights)

    def factor(self, batch: int) -> float:
        """Return the ratio of the loss over all values to that over a batch."""
        if self.options.loss is Loss.MEAN:
            return 1.0
        return sum(plane.samples for plane in self.planes) / batch

    def _draw(self, batch: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        windows, targets = np.empty((batch, self.window.taps)), np.empty(batch)
        done = 0
        while done < batch:
            # Values that are masked or held out are drawn again.
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
                windows[part] = _windows(plane.image, self.window, rows, columns)
                targets[part] = plane.target[rows, columns]
                done += len(rows)
        return windows, targets


def _windows(image: Array, window: Window, rows: Array, columns: Array) -> Floats:
    """Return the windows of the outputs at `rows` and `columns`, one per row of the result."""
    indices = []
    for axis, n, outputs in zip(window.axes, image.shape, (rows, columns), strict=True):
        shown = sources(n, axis.low, axis.high, window.mode)
        indices.append(shown[outputs[:, None] * axis.stride + np.arange(axis.size)])
    found = image[indices[0][:, :, None], indices[1][:, None, :]].astype(np.float64)
    found[(indices[0] == CONSTANT)[:, :, None] | (indices[1] == CONSTANT)[:, None, :]] = window.constant
    return found.reshape(len(rows), window.taps)
