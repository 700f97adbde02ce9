"""Curves as one picture: a plot for each, one below the other, with the colours of the terminal's curves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.display.drawn.plot import Plot, Series, draw_plot
from convcli.display.terminal.curves import Curve

__all__ = ["WIDTH", "draw_curves"]

# Size of one plot, in pixels.
WIDTH, HEIGHT = 900, 240

# Kinds of the plot's series, for cyan, yellow and green.
KINDS = (2, 0, 3)

# Blocks of values, of each of which the least and the greatest are drawn, where there are more: one a pixel.
BLOCKS = 900


def draw_curves(curves: Sequence[Curve], y_label: str) -> NDArray[np.uint8]:
    """Return a picture of the curves, rows x columns x 3."""
    plots = [
        Plot(
            title=curve.title,
            x_label=curve.axis,
            y_label=y_label,
            series=[Series(curve.name, _reduced(curve.values).tolist(), kind=KINDS[curve.kind])],
            ends=curve.ends,
        )
        for curve in curves
    ]
    drawn = [draw_plot(plot, WIDTH, HEIGHT) for plot in plots]
    wide = max(one.shape[1] for one in drawn)
    sides = [((0, 0), (0, wide - one.shape[1]), (0, 0)) for one in drawn]
    return np.vstack([np.pad(one, side, constant_values=255) for one, side in zip(drawn, sides, strict=True)])


def _reduced(values: NDArray[Any]) -> NDArray[Any]:
    """Return the least and the greatest of each block, in their order, where there are many values."""
    if len(values) <= 2 * BLOCKS:
        return values
    starts = np.linspace(0, len(values), BLOCKS, endpoint=False).astype(int)
    ends = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    rising = values[starts] <= values[np.append(starts[1:], len(values)) - 1]
    return np.where(rising[:, None], np.stack(ends, 1), np.stack(ends[::-1], 1)).ravel()
