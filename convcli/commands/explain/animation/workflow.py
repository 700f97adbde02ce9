"""The work of ``explain --animate``: a file is written, or the terminal plays."""

import io
import os
from collections.abc import Sequence

from convcli.choices import STDOUT
from convcli.commands.explain.animation.frames import Animation, planned
from convcli.commands.explain.animation.steps import sliding_kernel, sliding_pool
from convcli.commands.explain.spec import ExplainSpec
from convcli.display.language import Say, say_english
from convcli.display.words import printable
from convcli.errors import OutputError, UsageError
from convcli.imaging.image import Image
from convcli.kernels.spec import kernel_files
from convcli.open_files import is_stream
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline import messages
from convcli.pipeline.batch import Outcome, Source, refuse_inputs
from convcli.pipeline.loaded_kernels import LoadedKernels, without_folders
from convcli.pipeline.naming import file_in
from convcli.pipeline.result_files import write_outputs

__all__ = ["animate", "animation_path"]

# Pillow's formats by suffix; of pipes and stdout it is GIF.
FORMATS = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG", ".png": "PNG"}


def animation_path(given: str, inputs: Sequence[str], kernels: Sequence[str], *, force: bool) -> str:
    """Return the file or stream that ``--animate`` names; what is read is replaced only with `force`."""
    path = file_in(given, "steps.gif", inputs[0], force=force) or given
    refuse_inputs([path], [*inputs, *kernel_files(kernels)], force=force, option="--animate")
    _format(path)
    return path


def _format(path: str) -> str:
    found = "GIF" if path == STDOUT or is_stream(path) else FORMATS.get(os.path.splitext(path)[1].lower())
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
    say: Say,
    *,
    no_color: bool = False,
) -> Outcome:
    """Write what moves over an image of one frame to `path`; where that is a terminal, play it there."""
    said, plays = [*notes], path == STDOUT and messages.stdout().isatty()
    say = say if plays else say_english
    if isinstance(spec, PoolSpec):
        sliding = sliding_pool(image, spec, explain_spec, said, say)
    else:
        text = printable(without_folders(kernels[0]))
        sliding = sliding_kernel(image, text, slides, spec, explain_spec, said, say)
    found, name = planned(sliding, explain_spec.at, said), printable(os.path.basename(source.name))
    if plays:
        _play(found, name, no_color=no_color)
        return Outcome(source.path, notes=tuple(said))
    from convcli.commands.explain.animation.picture import PALETTE, drawn  # here for start-up

    pictures, times = zip(*drawn(found, name), strict=True)
    buffer = io.BytesIO()
    others = {"append_images": pictures[1:], "duration": list(times), "loop": 0}
    others |= {"palette": PALETTE.tobytes(), "optimize": True}  # of GIF: none in each frame
    others |= {
        "lossless": True,
        "minimize_size": True,
        "method": 2,
    }  # of WebP: a tenth of the bytes (measured)
    pictures[0].save(buffer, _format(path), save_all=True, **others)
    report = {"input": source.path, "animation": path, "frames": len(pictures)}
    return write_outputs(source, [(path, buffer.getvalue())])._replace(notes=tuple(said), report=report)


def _play(found: Animation, name: str, *, no_color: bool) -> None:
    # here for start-up: few play
    from convcli.commands.explain.animation import view
    from convcli.display.terminal.player import keyboard, play

    console = messages.console(no_color=no_color)
    if console.is_dumb_terminal:
        raise OutputError(
            "this terminal cannot show one frame in the place of another", hint="name a file: --animate x.gif"
        )
    with keyboard() as wait:
        play(console, view.frames(found, name), wait)
