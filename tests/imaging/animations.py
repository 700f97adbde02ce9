"""Animations put together by hand, chunk by chunk, and the frames that the specifications make of them."""

import struct
import zlib
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from tests.imaging.helpers import chunk, saved

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Part(NamedTuple):
    """One layer: pixels (H, W, C), place, disposal (0 leave, 1 clear, 2 restore), blending, delay."""

    pixels: np.ndarray
    left: int
    top: int
    disposal: int
    over: bool
    delay: tuple[int, int] = (7, 100)


def rows(pixels):
    """The rows of a PNG, unfiltered."""
    big = pixels.astype(pixels.dtype.newbyteorder(">"))
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in big))


def apng(parts, size, *, still=None, loop=0, chunks=()):
    """An animated PNG; `still` is a picture that is not part of the animation."""
    height, width = size
    depth = 8 * parts[0].pixels.itemsize
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[parts[0].pixels.shape[2]]
    out = [SIGNATURE, chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))]
    out += [chunk(b"acTL", struct.pack(">II", len(parts), loop)), *(chunk(*each) for each in chunks)]
    if still is not None:
        out.append(chunk(b"IDAT", rows(still)))
    number = 0
    for index, part in enumerate(parts):
        down, across = part.pixels.shape[:2]
        place = (across, down, part.left, part.top)
        control = struct.pack(">IIIIIHHBB", number, *place, *part.delay, part.disposal, part.over)
        out.append(chunk(b"fcTL", control))
        number += 1
        if index == 0 and still is None:
            out.append(chunk(b"IDAT", rows(part.pixels)))
            continue
        packed = rows(part.pixels)
        for piece in (packed[:9], packed[9:]):  # a frame may be cut into several chunks
            out.append(chunk(b"fdAT", struct.pack(">I", number) + piece))
            number += 1
    return b"".join(out) + chunk(b"IEND", b"")


def shown(parts, size, white):
    """The frames that the layers make, RGBA of floats from 0 to 1: pixel by pixel, as PNG (11.3.6) says."""
    canvas = np.zeros((*size, 4))
    frames = []
    for part in parts:
        before = canvas.copy()
        for y, x in np.ndindex(part.pixels.shape[:2]):
            sample = part.pixels[y, x] / white
            colour, opacity = (sample[:-1], sample[-1]) if sample.size in (2, 4) else (sample, 1.0)
            old = canvas[part.top + y, part.left + x].copy()
            if part.over:
                total = opacity + old[3] * (1 - opacity)
                mixed = colour * opacity + old[:3] * old[3] * (1 - opacity)
                new = [*(mixed / total if total else np.zeros(3)), total]
            else:
                new = [*np.broadcast_to(colour, 3), opacity]
            canvas[part.top + y, part.left + x] = new
        frames.append(canvas.copy())
        down, across = part.pixels.shape[:2]
        if part.disposal == 2:
            canvas = before
        elif part.disposal == 1:
            canvas[part.top : part.top + down, part.left : part.left + across] = 0
    return frames


def random_parts(seed, size, channels, dtype=np.uint8, count=7):
    rng = np.random.default_rng(seed)
    white = np.iinfo(dtype).max
    parts = []
    for index in range(count):
        top, left = (int(rng.integers(0, side - 1)) if index else 0 for side in size)
        down, across = (
            int(rng.integers(1, side - at + 1)) for side, at in zip(size, (top, left), strict=True)
        )
        if index == 0:
            down, across = size
        pixels = rng.integers(0, white + 1, (down, across, channels)).astype(dtype)
        if channels in (2, 4):  # a third is clear, a third opaque
            kind = rng.integers(0, 3, (down, across))
            pixels[..., -1] = np.choose(kind, [np.zeros_like(kind), pixels[..., -1], white])
        parts.append(Part(pixels, left, top, int(rng.integers(0, 3)), bool(rng.integers(0, 2))))
    return parts


class GifPart(NamedTuple):
    """One image: indices, place, disposal as in the file (0 to 3), transparent index, own colours."""

    indices: np.ndarray
    left: int
    top: int
    disposal: int
    clear: int | None
    table: np.ndarray | None
    delay: int = 7


def lzw(indices):
    """The pixels as a GIF holds them, cut out of one that Pillow wrote: header, table, descriptor before."""
    picture = Pillow.fromarray(indices)
    picture.putpalette(bytes(range(256)) * 3)
    data = saved(picture, "GIF", optimize=False, interlace=0)
    return data[13 + 768 + 10 : -1]


def gif(parts, size, table, *, loop=None, comments=()):
    height, width = size
    out = [b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 3, 0) + table.tobytes()]
    if loop is not None:
        out.append(b"!\xff\x0bNETSCAPE2.0\3\1" + struct.pack("<H", loop) + b"\0")
    out += [b"!\xfe" + bytes([len(comment)]) + comment + b"\0" for comment in comments]
    for part in parts:
        flags = part.disposal << 2 | (part.clear is not None)
        out.append(b"!\xf9\4" + struct.pack("<BHBB", flags, part.delay, part.clear or 0, 0))
        down, across = part.indices.shape
        local = b"" if part.table is None else part.table.tobytes()
        place = (part.left, part.top, across, down)
        out += [b"," + struct.pack("<HHHHB", *place, 0x87 if local else 0), local, lzw(part.indices)]
    return b"".join(out) + b";"


def gif_shown(parts, size, table):
    """The frames as RGBA, pixel by pixel, as browsers show them."""
    canvas = np.zeros((*size, 4), np.uint8)
    frames = []
    for part in parts:
        before = canvas.copy()
        colours = table if part.table is None else part.table
        for y, x in np.ndindex(part.indices.shape):
            if part.indices[y, x] != part.clear:
                canvas[part.top + y, part.left + x] = [*colours[part.indices[y, x]], 255]
        frames.append(canvas.copy())
        down, across = part.indices.shape
        if part.disposal == 2:
            canvas[part.top : part.top + down, part.left : part.left + across] = 0
        elif part.disposal == 3:
            canvas = before
    return frames


def random_gif(seed, size):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 256, (256, 3), dtype=np.uint8)
    parts = []
    for _ in range(7):
        top, left = (int(rng.integers(0, side - 1)) for side in size)
        down, across = (
            int(rng.integers(1, side - at + 1)) for side, at in zip(size, (top, left), strict=True)
        )
        indices = rng.integers(0, 6, (down, across)).astype(np.uint8)
        clear = int(rng.integers(0, 6)) if rng.random() < 0.6 else None
        own = rng.integers(0, 256, (256, 3), dtype=np.uint8) if rng.random() < 0.4 else None
        parts.append(GifPart(indices, left, top, int(rng.integers(0, 4)), clear, own))
    return parts, table


def as_rgba(frame):
    """A frame as RGBA samples."""
    colours = frame.pixels if frame.pixels.ndim == 3 else np.dstack([frame.pixels] * 3)
    white = np.iinfo(colours.dtype).max
    alpha = np.full(colours.shape[:2], white) if frame.alpha is None else frame.alpha
    return np.dstack([colours, alpha])
