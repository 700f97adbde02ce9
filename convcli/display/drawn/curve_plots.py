"""Curves as one picture: a plot for each, one below the other, with the colours of the terminal's curves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convcli.display.drawn.plot import Plot, Series, draw_plot
from convcli.display.terminal.curves import Curve

__all__ = ["WIDTH", "draw_curves"]

# Size of one plot, in pixels.
WIDTH, HEIGHT = 900, 240

# Space for the numbers of the vertical axes, such as 1e+308, in pixels.
LEFT = 68

# Kinds of the plot's series, for cyan, yellow and green.
KINDS = (2, 0, 3)


def draw_curves(curves: Sequence[Curve], y_label: str) -> NDArray[np.uint8]:
    """Return a picture of the curves, rows x columns x 3."""
    plots = [
        Plot(
            title=curve.title,
            x_label=curve.axis,
            y_label=y_label,
            series=[Series("", _drawn(curve), kind=KINDS[curve.kind])],
            ends=curve.ends,
            left=LEFT,
        )
        for curve in curves
    ]
    drawn = [draw_plot(plot, WIDTH, HEIGHT) for plot in plots]
    wide = max(one.shape[1] for one in drawn)
    sides = [((0, 0), (0, wide - one.shape[1]), (0, 0)) for one in drawn]
    return np.vstack([np.pad(one, side, constant_values=255) for one, side in zip(drawn, sides, strict=True)])


def _drawn(curve: Curve) -> list[float]:
    """Return the values, or where there are many the least and the greatest of each column of pixels."""
    many = len(curve.values) > 2 * WIDTH
    drawn: list[float] = (np.stack(curve.spans(WIDTH)[1:], 1).ravel() if many else curve.values).tolist()
    return drawn
