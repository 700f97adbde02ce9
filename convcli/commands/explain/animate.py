"""The work of ``explain --animate``: a file is written, or the terminal plays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from convcli.choices import STDOUT
from convcli.commands.explain.animation import Film, animation_format, film, shots
from convcli.commands.explain.animation_frames import drawn
from convcli.commands.explain.animation_steps import Moving
from convcli.errors import OutputError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.writing.encode import encode_picture
from convcli.pipeline import messages
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.result_files import write_outputs

__all__ = ["animate"]

# Colours of a GIF: one fewer than it holds, as pixels that stay are transparent.
COLOURS = 255


def animate(
    source: Source,
    moving: Moving,
    name: str,
    path: str,
    at: tuple[int, int] | None,
    notes: Sequence[str],
    *,
    no_color: bool = False,
) -> Outcome:
    """Write a window that moves over the picture `name` to `path`; where that is a terminal, play it there.

    It begins at the output pixel `at`.
    """
    said = [*notes]
    found = film(moving, at, said)
    if path == STDOUT and messages.stdout().isatty():
        _play(found, name, no_color=no_color)
        return Outcome(source.path, notes=tuple(said))
    format = animation_format(path)
    frames = tuple(drawn(found, name))
    frames = _few_colours(frames) if format == "gif" else frames
    made = encode_picture(Image(frames, Space.RGB), format)
    report = {"input": source.path, "animation": path, "frames": len(frames)}
    return write_outputs(source, [(path, made.data)])._replace(notes=(*said, *made.notes), report=report)


def _play(found: Film, name: str, *, no_color: bool) -> None:
    # here for start-up: few play
    from convcli.commands.explain import animation_view
    from convcli.display.terminal.player import keyboard, play

    console = messages.console(no_color=no_color)
    if console.is_dumb_terminal:
        raise OutputError(
            "this terminal cannot show one frame in the place of another", hint="name a file: --animate x.gif"
        )
    frames = [(animation_view.Frame(found, shot, name), shot.time / 1000) for shot in shots(found)]
    with keyboard() as wait:
        play(console, frames, wait)


def _few_colours(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Return frames in the colours of one palette, without dithering, which would move and take room.

    Half of them are those of most pixels, the others cover what is left; each colour becomes the nearest.
    """
    ends = np.concatenate([_as_numbers(frames[index].pixels) for index in (0, -1)])
    found, counts = np.unique(ends, return_counts=True)
    chosen = found[np.argsort(-counts, kind="stable")]
    if len(chosen) > COLOURS:
        exact, rest = chosen[: COLOURS // 2], _as_colours(chosen[COLOURS // 2 :])
        covered = Pillow.fromarray(rest[None]).quantize(COLOURS - len(exact), Pillow.Quantize.MAXCOVERAGE)
        chosen = np.concatenate([exact, _as_numbers(np.asarray(covered.convert("RGB")))])
    palette = _as_colours(np.unique(chosen))
    index_of, known = np.zeros(1 << 24, np.uint8), np.zeros(1 << 24, np.bool_)
    made = list[Frame]()
    for before, frame in zip((None, *frames), frames, strict=False):
        pixels = frame.pixels
        rows = slice(None) if before is None else (pixels != before.pixels).any(axis=(1, 2))
        numbers = _as_numbers(pixels[rows])
        new = np.unique(numbers[~known[numbers]])
        for part in np.array_split(new, 1 + len(new) // 1024):
            apart = (_as_colours(part).astype(int)[:, None] - palette) ** 2
            index_of[part], known[part] = apart.sum(axis=2).argmin(axis=1), True
        reduced = pixels.copy() if before is None else made[-1].pixels.copy()
        reduced[rows] = palette[index_of[numbers]].reshape(pixels[rows].shape)
        made.append(frame._replace(pixels=reduced))
    return tuple(made)


def _as_numbers(pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return RGB pixels as one number each, 0xRRGGBB."""
    red, green, blue = pixels.reshape(-1, 3).astype(np.uint32).T
    return np.asarray(red << 16 | green << 8 | blue)


def _as_colours(numbers: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return (numbers[:, None] >> np.array([16, 8, 0], np.uint32)).astype(np.uint8)
