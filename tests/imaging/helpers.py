"""What the tests of imaging share: pictures with known pixels, and files that others wrote."""

import io
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image as Pillow

from convcli.imaging.image import Frame, Image, Space, full_scale
from convcli.imaging.metadata import Metadata

SIZE = (13, 21)


def pixels(channels=1, dtype=np.uint8, seed=0, size=SIZE):
    """Random samples over the whole range, extremes included."""
    rng = np.random.default_rng(seed)
    shape = size if channels == 1 else (*size, channels)
    white = full_scale(dtype)
    values = rng.random(shape) * white
    values.flat[0], values.flat[-1] = 0, white
    return (np.rint(values) if np.dtype(dtype).kind == "u" else values).astype(dtype)


def image(channels=1, dtype=np.uint8, alpha=False, seed=0, size=SIZE, **more):
    space = {1: Space.GRAY, 3: Space.RGB, 4: Space.CMYK}.get(channels, Space.DATA)
    opacity = pixels(1, dtype, seed + 100, size) if alpha else None
    return Image((Frame(pixels(channels, dtype, seed, size), opacity),), space, **more)


def saved(array, format, mode=None, **options):
    """The bytes of a file that Pillow wrote."""
    picture = array if isinstance(array, Pillow.Image) else Pillow.fromarray(array)
    if mode is not None:
        picture = picture.convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def tiff(array, **options):
    """The bytes of a file that tifffile wrote."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, depth, colour_type, rows, *chunks):
    """The bytes of a PNG put together by hand; `rows` have their filter bytes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


TIMES = (100.0, 250.0, 330.0, 40.0)
FEW = np.random.default_rng(5).integers(0, 256, (6, 3), dtype=np.uint8)


def few_colours(seed):
    return FEW[np.random.default_rng(seed).integers(0, 6, (12, 17))]


def animation(alpha=False, loop=3, gray=False):
    frames = []
    for seed, time in enumerate(TIMES):
        colours = few_colours(seed)
        opacity = np.random.default_rng(seed + 50).integers(0, 2, (12, 17)).astype(np.uint8) * 255
        frames.append(Frame(colours[..., 0] if gray else colours, opacity if alpha else None, time))
    space = Space.GRAY if gray else Space.RGB
    return Image(tuple(frames), space, Metadata(loop=loop))
