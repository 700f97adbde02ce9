"""A TrueType font made by hand, so that tests of lettering need no font of the machine.

Every character that it has is a filled square of the whole em; what it has not is drawn as nothing.
"""

import struct
from pathlib import Path

from convcli.display.drawn import lettering

# Units of the em, and of the width of every square.
EM = 1000


def write_font(path: Path, characters: str) -> None:
    """Write a font of these characters, which are below U+10000, after the OpenType specification 1.9."""
    codes = sorted(map(ord, characters))
    count = len(codes) + 1
    square = struct.pack(">5h2H", 1, 0, 0, EM, EM, 3, 0) + b"\x01" * 4  # one contour, its box and points
    square += struct.pack(">4h4h", 0, 0, EM, 0, 0, EM, 0, -EM)  # steps across, then up, from point to point
    ends = [*codes, 0xFFFF]
    segments = len(ends)
    table = struct.pack(">4H", 2 * segments, 0, 0, 0) + struct.pack(f">{segments}H", *ends) + bytes(2)
    table += struct.pack(f">{segments}H", *ends)
    steps = [(index - code) % 65536 for index, code in enumerate(codes, 1)]
    table += struct.pack(f">{segments}H", *steps, 1) + bytes(2 * segments)
    table = struct.pack(">3H", 4, len(table) + 6, 0) + table
    tables = {
        b"cmap": struct.pack(">2H2HI", 0, 1, 3, 1, 12) + table,
        b"glyf": square * len(codes),
        b"head": struct.pack(
            ">4I2H2Q4h2H3h", 0x10000, 0, 0, 0x5F0F3CF5, 0, EM, 0, 0, 0, 0, EM, EM, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">I3h13h", 0x10000, EM, 0, 0, EM, *[0] * 11, count),
        b"hmtx": struct.pack(f">{2 * count}h", *[EM, 0] * count),
        b"loca": struct.pack(f">{count + 1}I", 0, *(len(square) * index for index in range(count))),
        b"maxp": struct.pack(">I14H", 0x10000, count, 4, 1, 0, 0, 2, *[0] * 8),
    }
    offset, directory, content = 12 + 16 * len(tables), b"", b""
    for name, data in sorted(tables.items()):
        directory += name + struct.pack(">3I", 0, offset + len(content), len(data))
        content += data + bytes(-len(data) % 4)
    path.write_bytes(struct.pack(">I4H", 0x10000, len(tables), 0, 0, 0) + directory + content)


def forget() -> None:
    """Let fonts be looked for anew."""
    for remembered in (lettering._fonts, lettering._runs, lettering._font_of, lettering._has):
        remembered.cache_clear()
