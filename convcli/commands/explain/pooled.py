"""Every step behind one output pixel of pooling, and what a file would store of it."""

from typing import Any, NamedTuple

import numpy as np

from convcli.choices import PoolMode
from convcli.commands.explain.steps import Samples, outcome, per_channel, stored_samples, taken_from
from convcli.engine.analysis.pixel_trace import AxisTrace
from convcli.engine.analysis.pool_trace import PoolTrace, trace_pooling
from convcli.engine.pooling.pool2d import Pooling, pool_picture
from convcli.imaging.formats import Format
from convcli.imaging.image import Image
from convcli.options.specs import PoolSpec
from convcli.pipeline.operation import FeatureMap

__all__ = ["Pooled", "explain_pooling", "pooling_report"]


class Pooled(NamedTuple):
    """One output pixel of an image of one frame, pooled; the samples are of its only map."""

    image: Image
    trace: PoolTrace
    samples: Samples

    @property
    def axes(self) -> tuple[AxisTrace, AxisTrace]:
        """Rows and columns of the window."""
        return self.trace.rows, self.trace.columns


def explain_pooling(image: Image, spec: PoolSpec, at: tuple[int, int], format: Format) -> Pooled:
    """Pool `image`, of one frame, and keep every step behind the output pixel `at`.

    Negative rows and columns count from the end; `format` is that of the file that the result would be stored
    in.
    """
    (frame,) = image.frames
    how = Pooling(spec.window(frame.size), spec.mode, spec.ceil, spec.count_include_pad, spec.power)
    made = FeatureMap(pool_picture(frame.pixels, how, spec.jobs), None)
    trace = trace_pooling(frame.pixels, how, at)
    return Pooled(image, trace, stored_samples(image, [made], spec, trace.at, format))


def pooling_report(found: Pooled, name: str, spec: PoolSpec) -> dict[str, Any]:
    """Return the JSON object: lists with one item per channel where there are several.

    The window is null where a pixel takes no part; `chosen` has rows and columns of the window.
    """
    trace = found.trace
    said: dict[str, Any] = {"input": name, "at": list(trace.at), "pool": spec.mode.value}
    if spec.mode is PoolMode.LP:
        said["norm"] = spec.power
    said |= {
        "window": per_channel(list(trace.window)),
        "taken_from": taken_from(trace),
        "counted": trace.counted,
        "chosen": per_channel([np.argwhere(of_channel) for of_channel in trace.chosen]),
    }
    return said | outcome([trace.values], found.samples, found.axes, spec)
