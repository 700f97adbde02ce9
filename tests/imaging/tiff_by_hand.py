"""TIFF files put together by hand, byte by byte, as the specification says: no library has a part in them."""

import struct
from typing import NamedTuple

import numpy as np

# Codes of types: text, two bytes, four bytes, rational, float64.
ASCII, SHORT, LONG, RATIONAL, DOUBLE = 2, 3, 4, 5, 12
_FORMATS = {1: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "I", 7: "B", 11: "f", DOUBLE: "d", 16: "Q"}


class Page(NamedTuple):
    """Rows x columns (x channels) of `bits` bits each, and further tags: number, type, values."""

    samples: np.ndarray
    bits: int
    photometric: int = 1
    tags: tuple[tuple[int, int, object], ...] = ()


def packed(samples, bits, order="<"):
    """The bytes of the samples: whole bytes in the file's order, others from the highest bit, by rows."""
    rows = samples.reshape(samples.shape[0], -1)
    if bits % 8 == 0:
        return b"".join(
            int(value).to_bytes(bits // 8, "little" if order == "<" else "big") for value in rows.flat
        )
    lines = ("".join(f"{int(value):0{bits}b}" for value in row) for row in rows)
    padded = (line + "0" * (-len(line) % 8) for line in lines)
    return b"".join(int(line, 2).to_bytes(len(line) // 8, "big") for line in padded)


def tiff_of(*pages, order="<", big=False, planes=False):
    """The bytes of a TIFF, or a BigTIFF, with one strip for each page (or plane)."""
    word, head, count_format, entry, held = ("Q", 16, "Q", "HHQ", 8) if big else ("I", 8, "H", "HHI", 4)
    body, link = bytearray(head), 8 if big else 4
    body[:4] = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", 43 if big else 42)
    if big:
        body[4:8] = struct.pack(order + "HH", 8, 0)
    for page in pages:
        height, width = page.samples.shape[:2]
        channels = 1 if page.samples.ndim == 2 else page.samples.shape[2]
        parts = [page.samples[..., index] for index in range(channels)] if planes else [page.samples]
        starts, sizes = [], []
        for part in parts:
            content = packed(part, page.bits, order)
            starts.append(len(body))
            sizes.append(len(content))
            body += content + b"\0" * (len(content) % 2)
        tags = [
            (256, LONG, width),
            (257, LONG, height),
            (258, SHORT, [page.bits] * channels),
            (259, SHORT, 1),
        ]
        tags += [
            (262, SHORT, page.photometric),
            (273, LONG, starts),
            (277, SHORT, channels),
            (278, LONG, height),
        ]
        tags += [(279, LONG, sizes), (284, SHORT, 2 if planes else 1)]
        merged = {number: (kind, values) for number, kind, values in (*tags, *page.tags)}
        entries = []
        for number, (kind, values) in sorted(merged.items()):
            many = list(values) if isinstance(values, (list, tuple, bytes)) else [values]
            data = struct.pack(f"{order}{len(many)}{_FORMATS[kind]}", *many)
            count = len(many) // 2 if kind == RATIONAL else len(many)
            if len(data) > held:
                place = struct.pack(order + word, len(body))
                body += data + b"\0" * (len(data) % 2)
                data = place
            entries.append(struct.pack(order + entry, number, kind, count) + data.ljust(held, b"\0"))
        struct.pack_into(order + word, body, link, len(body))
        body += struct.pack(order + count_format, len(entries)) + b"".join(entries)
        link = len(body)
        body += bytes(held)
    return bytes(body)
