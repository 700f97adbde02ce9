"""The work of ``explain --animate``: a file is written, or the terminal plays."""

import os
from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from PIL import ImageChops

from convcli.choices import STDOUT
from convcli.commands.explain.animation.frames import Animation, moments, planned
from convcli.commands.explain.animation.picture import drawn
from convcli.commands.explain.animation.steps import sliding_kernel, sliding_pool
from convcli.commands.explain.spec import ExplainSpec
from convcli.display.words import printable
from convcli.errors import OutputError, UsageError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.writing.encode import encode_picture
from convcli.kernels.spec import kernel_files
from convcli.open_files import is_stream
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline import messages
from convcli.pipeline.batch import Outcome, Source, refuse_inputs
from convcli.pipeline.loaded_kernels import LoadedKernels, without_folders
from convcli.pipeline.naming import file_in
from convcli.pipeline.result_files import write_outputs

__all__ = ["animate", "animation_path"]

# Formats by suffix; of pipes and stdout it is GIF.
FORMATS = {".gif": "gif", ".webp": "webp", ".apng": "png", ".png": "png"}


def animation_path(given: str, inputs: Sequence[str], kernels: Sequence[str], *, force: bool) -> str:
    """Return the file or stream that ``--animate`` names; what is read is replaced only with `force`."""
    path = file_in(given, "steps.gif", inputs[0], force=force) or given
    refuse_inputs([path], [*inputs, *kernel_files(kernels)], force=force, option="--animate")
    _format(path)
    return path


def _format(path: str) -> str:
    found = "gif" if path == STDOUT or is_stream(path) else FORMATS.get(os.path.splitext(path)[1].lower())
    if found is None:
        raise UsageError(
            f"--animate: an animation is not written to {path!r}", hint="name a .gif, .webp or .apng file"
        )
    return found


def animate(
    source: Source,
    image: Image,
    kernels: Sequence[str],
    slides: LoadedKernels,
    spec: FilterSpec | PoolSpec,
    explain_spec: ExplainSpec,
    path: str,
    notes: Sequence[str],
    *,
    no_color: bool = False,
) -> Outcome:
    """Write what moves over an image of one frame to `path`; where that is a terminal, play it there."""
    said = [*notes]
    if isinstance(spec, PoolSpec):
        sliding = sliding_pool(image, spec, explain_spec, said)
    else:
        text = printable(without_folders(kernels[0]))
        sliding = sliding_kernel(image, text, slides, spec, explain_spec, said)
    found, name = planned(sliding, explain_spec.at, said), printable(os.path.basename(source.name))
    if path == STDOUT and messages.stdout().isatty():
        _play(found, name, no_color=no_color)
        return Outcome(source.path, notes=tuple(said))
    format = _format(path)
    frames = tuple(_few_colours(one) if format == "gif" else one for one in drawn(found, name))
    made = encode_picture(Image(frames, Space.RGB), format)
    report = {"input": source.path, "animation": path, "frames": len(frames)}
    return write_outputs(source, [(path, made.data)])._replace(notes=(*said, *made.notes), report=report)


def _play(found: Animation, name: str, *, no_color: bool) -> None:
    # here for start-up: few play
    from convcli.commands.explain.animation import view
    from convcli.display.terminal.player import keyboard, play

    console = messages.console(no_color=no_color)
    if console.is_dumb_terminal:
        raise OutputError(
            "this terminal cannot show one frame in the place of another", hint="name a file: --animate x.gif"
        )
    frames = [(view.Frame(found, moment, name), moment.time / 1000) for moment in moments(found)]
    with keyboard() as wait:
        play(console, frames, wait)


def _few_colours(frame: Frame) -> Frame:
    """Return a frame in fewer colours than a GIF holds: dithering would move from frame to frame.

    Of each channel 16 levels are left, of greys 86.
    """
    image = Pillow.fromarray(frame.pixels)
    red, green, blue = image.split()
    coloured = ImageChops.lighter(ImageChops.difference(red, green), ImageChops.difference(green, blue))
    fine, coarse = ([(v + step // 2) // step * step for v in range(256)] * 3 for step in (3, 17))
    made = image.point(fine)
    made.paste(image.point(coarse), mask=coloured.point([0] + [255] * 255))
    return frame._replace(pixels=np.asarray(made))
