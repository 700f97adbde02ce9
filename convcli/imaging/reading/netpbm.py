"""Read PBM, PGM and PPM of either kind, PAM and PFM: all pictures of a stream, at their full depth.

Pillow reads the first picture only, and narrows more than 8 bits.

References
----------
The netpbm manual pages pbm(5), pgm(5), ppm(5), pam(5) and pfm(5).
"""

import re
from typing import NamedTuple

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.image import Array, Decoded, Frame, Space, to_16_bits, widened
from convcli.imaging.reading.netpbm_text import end_of_text, samples_in_text
from convcli.imaging.reading.sniff import check_pixels
from convcli.limits import FRAMES

__all__ = ["Picture", "decode", "is_netpbm", "pictures"]

# White space and comments between the fields of a header.
_SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
_SIZE = _SPACE + rb"(\d{1,18})" + _SPACE + rb"(\d{1,18})"
_HEADER = re.compile(
    rb"(P[14])" + _SIZE + rb"(?:#[^\r\n]*)?\s?"
    rb"|(P[2356])" + _SIZE + _SPACE + rb"(\d{1,18})(?:#[^\r\n]*)?(?:\s|$)"
    rb"|(P[fF])" + _SIZE + _SPACE + rb"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)(?:\s|$)"
)
_PAM = re.compile(rb"P7[ \t\r]*\n")
_PAM_END = re.compile(rb"^[ \t]*ENDHDR[ \t\r]*\n", re.MULTILINE)
# How a file begins; what may stand between pictures.
_START = re.compile(rb"P[1-6fF]" + _SPACE + rb"\d|P7[ \t\r]*\n")
_BLANK = re.compile(rb"\s*")
# Longest header, in bytes: programs write comments of a line or two.
_MOST_HEADER = 1 << 16
# Largest sample of an integer format.
_MOST_WHITE = 65535

# Colours of the kinds of PAM, without alpha.
_KINDS = {"BLACKANDWHITE": 1, "GRAYSCALE": 1, "RGB": 3}


class Picture(NamedTuple):
    """The header of one picture of a stream, and where its samples are.

    `white` is the maxval, 0 for floats; `kind` is a PAM's tuple type; `scale` a PFM's.
    """

    magic: str
    width: int
    height: int
    depth: int
    white: int
    start: int
    end: int
    kind: str = ""
    scale: float = 1.0

    @property
    def format(self) -> str:
        """The name of the file format that keeps the picture as it is."""
        return {"P7": "pam", "Pf": "pfm", "PF": "pfm"}.get(self.magic, "pnm")

    @property
    def length(self) -> int:
        """Number of samples."""
        return self.width * self.height * self.depth


def is_netpbm(data: bytes) -> bool:
    """Whether the content begins as one of these formats does."""
    return _START.match(data[:_MOST_HEADER]) is not None


def pictures(data: bytes, name: str, notes: list[str]) -> list[Picture]:
    """Return the headers of all pictures, one after the other in the file."""
    found: list[Picture] = []
    place = 0
    while place < len(data):
        try:
            found.append(_header(data, place, name))
        except (ImageError, ValueError):
            if not found:
                raise
            notes.append(f"{len(data) - place} bytes after the last picture are left out")
            break
        FRAMES.check(len(found), "split the file", ImageError)
        blank = _BLANK.match(data, found[-1].end)
        place = blank.end() if blank else len(data)
    return found


def _header(data: bytes, place: int, name: str) -> Picture:
    """Return the picture whose header is at `place`."""
    found = _pam(data, place) if data.startswith(b"P7", place) else _plain_or_raw(data, place)
    if found is None:
        raise ValueError("a header should say P1 to P7, Pf or PF, then width and height")
    if found.width * found.height == 0:
        raise ImageError(
            f"{name!r} has no pixels ({found.width} x {found.height})", hint="both sides must be above 0"
        )
    if found.white > _MOST_WHITE or (found.white == 0 and found.format != "pfm"):
        raise ValueError(f"the maxval {found.white} is not 1 to {_MOST_WHITE}")
    plain = found.magic in ("P1", "P2", "P3")
    end = end_of_text(data, found.start) if plain else found.start + _bytes(found)
    return found._replace(end=min(end, len(data)))


def _bytes(picture: Picture) -> int:
    """Return the length of binary samples."""
    if picture.magic == "P4":
        return (picture.width + 7) // 8 * picture.height
    return picture.length * (4 if picture.format == "pfm" else 2 if picture.white > 255 else 1)


def _plain_or_raw(data: bytes, place: int) -> Picture | None:
    found = _HEADER.match(data, place, place + _MOST_HEADER)
    if found is None:
        return None
    magic, width, height, *rest = (part for part in found.groups() if part is not None)
    depth = 3 if magic in (b"P3", b"P6", b"PF") else 1
    white, scale = 1, 1.0
    if rest and magic in (b"Pf", b"PF"):
        white, scale = 0, float(rest[0])
        if scale in (0.0, float("inf"), -float("inf")):
            raise ValueError(f"its scale is {scale:g}, whose sign is the order of bytes")
    elif rest:
        white = int(rest[0])
    return Picture(magic.decode(), int(width), int(height), depth, white, found.end(), 0, "", scale)


def _pam(data: bytes, place: int) -> Picture | None:
    begin = _PAM.match(data, place, place + _MOST_HEADER)
    end = _PAM_END.search(data, place, place + _MOST_HEADER)
    if begin is None or end is None:
        return None
    fields: dict[str, str] = {}
    for line in data[begin.end() : end.start()].decode("latin-1").splitlines():
        key, _, value = line.strip().partition(" ")
        if key == "TUPLTYPE" and key in fields:
            value = f"{fields[key]} {value}"
        if key and not key.startswith("#"):
            fields[key] = value.strip()
    numbers = []
    for key in ("WIDTH", "HEIGHT", "DEPTH", "MAXVAL"):
        if not re.fullmatch(r"[0-9]{1,18}", fields.get(key, "")):
            raise ValueError(f"its {key} is {fields.get(key, 'missing')[:40]}")
        numbers.append(int(fields[key]))
    if numbers[2] == 0:
        raise ValueError("its DEPTH is 0")
    kind = fields.get("TUPLTYPE", "")
    colours = _KINDS.get(kind.removesuffix("_ALPHA"))
    if colours is not None and colours + kind.endswith("_ALPHA") != numbers[2]:
        raise ValueError(f"{kind} has a DEPTH of {numbers[2]}")
    width, height, depth, white = numbers
    return Picture("P7", width, height, depth, white, end.end(), 0, kind)


def decode(
    data: bytes, chosen: list[Picture], name: str, max_pixels: int, notes: list[str]
) -> tuple[list[Decoded], str]:
    """Decode pictures to uint8 or uint16 with white at the top, or float32; return the name of their format.

    Samples ``v`` of any maxval become ``(255 v + maxval / 2) / maxval``, as netpbm has it, or 65535 for 255.
    """
    area = sum(picture.width * picture.height for picture in chosen)
    check_pixels(name, *((area, 1) if len(chosen) > 1 else (chosen[0].width, chosen[0].height)), max_pixels)
    decoded = []
    for number, picture in enumerate(chosen, 1):
        samples = _samples(data, picture, notes)
        if samples.size < picture.length:
            which = f" of picture {number}" if len(chosen) > 1 else ""
            raise ValueError(f"{samples.size} of {picture.length} samples{which}")
        decoded.append(_frame(samples, picture, notes))
    types = {frame.pixels.dtype for frame, _ in decoded}
    if len(types) > 1:
        if any(dtype.kind == "f" for dtype in types):
            raise ImageError(f"{name!r} holds integers and floats", hint="choose one picture with --frame N")
        decoded = [(to_16_bits(frame), space) for frame, space in decoded]
        notes.append("pictures of 8 bits beside 16 are read as 16 bits")
    return decoded, chosen[0].format


def _frame(samples: Array, picture: Picture, notes: list[str]) -> Decoded:
    height, width, depth = picture.height, picture.width, picture.depth
    pixels = samples.reshape((height, width) if depth == 1 else (height, width, depth))
    if picture.format == "pfm":
        pixels = np.ascontiguousarray(pixels[::-1])  # PFM stores the bottom row first
        if abs(picture.scale) != 1:
            notes.append(
                f"samples are taken as stored: the PFM's scale of {abs(picture.scale):g} is left out"
            )
    if depth > 4 or (picture.kind and picture.kind.removesuffix("_ALPHA") not in _KINDS):
        if picture.kind:
            notes.append(f"the tuple type {picture.kind[:40]!r} is not known: read as {depth} channels")
        return Frame(pixels), Space.DATA
    alpha = None
    if depth in (2, 4):
        pixels, alpha = pixels[..., : depth - 1], np.ascontiguousarray(pixels[..., -1])
        pixels = np.ascontiguousarray(pixels[..., 0] if depth == 2 else pixels)
    return Frame(pixels, alpha), Space.RGB if depth > 2 else Space.GRAY


def _samples(data: bytes, picture: Picture, notes: list[str]) -> Array:
    """Return the samples that there are, all or fewer, scaled."""
    body = memoryview(data)[picture.start : picture.end]
    if picture.format == "pfm":
        order = "<f4" if picture.scale < 0 else ">f4"
        return np.frombuffer(body[: len(body) // 4 * 4], dtype=order).astype(np.float32)
    if picture.magic == "P4":
        packed = np.frombuffer(body, np.uint8)
        row = (picture.width + 7) // 8
        rows = packed[: len(packed) // row * row].reshape(-1, row)
        return ((1 - np.unpackbits(rows, axis=1)[:, : picture.width]) * np.uint8(255)).reshape(-1)
    if picture.magic in ("P1", "P2", "P3"):
        samples, rest = samples_in_text(bytes(body), picture.length, bits=picture.magic == "P1")
        if rest:
            notes.append(f"{rest} samples after the last pixel are left out")
    else:
        order = ">u2" if picture.white > 255 else "u1"
        samples = np.frombuffer(body[: len(body) - len(body) % int(order[-1])], order)
    if picture.magic == "P1":
        return ((1 - samples) * 255).astype(np.uint8)
    return _scaled(samples, picture.white, notes)


def _scaled(samples: Array, white: int, notes: list[str]) -> Array:
    top, dtype = (65535, np.uint16) if white > 255 else (255, np.uint8)
    if white < top or samples.dtype.kind == "i":
        above = int(np.count_nonzero(samples > white))
        if above:
            notes.append(f"{above} samples above the maxval of {white} are read as white")
            samples = np.minimum(samples, white)
    return samples.astype(dtype, copy=False) if white == top else widened(samples, white, dtype)
