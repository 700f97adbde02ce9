"""Files of many small records that share one large value, or are cheap to write and dear to read."""

import json
import struct
from random import Random

__all__ = ["archive", "tensors", "tiff"]

# Tags that readers look at, and one that none knows: sizes of samples, strips, palette, EXIF, profile, XMP.
TAGS = {258: 3, 273: 4, 279: 4, 320: 3, 338: 3, 339: 3, 34665: 4, 34675: 7, 700: 1, 270: 2, 282: 5, 65000: 7}
UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}


def tiff(random: Random) -> bytes:
    """Return pages of one pixel, grey or of 16-bit colours, with one to three tags of the same bytes."""
    pages, size = random.choice(((2, 2 << 20), (20, 2 << 20), (200, 1 << 20), (3000, 1 << 16)))
    filler = random.choice((b"\0", b"\1\0", b"\x08\0", b"ImageJ=1\n", b"\x1c\2", b"<x:xmpmeta/>"))
    body = bytearray(struct.pack("<2sHI", b"II", 42, 0) + (filler * size)[:size] + bytes(8))
    body += struct.pack("<HHH", 16, 16, 16)
    deep = random.random() < 0.3
    entries = dict.fromkeys((256, 257, 259, 278), (3, 1, 1))
    entries |= {258: (3, 3, len(body) - 6) if deep else (3, 1, 8), 262: (3, 1, 2 if deep else 1)}
    entries |= {273: (4, 1, 8), 277: (3, 1, 3 if deep else 1), 279: (4, 1, 6 if deep else 1)}
    for tag in random.sample(list(TAGS), random.choice((1, 1, 2, 3))):
        kind = TAGS[tag] if random.random() < 0.9 else random.choice((1, 2, 3, 4, 5, 7))
        entries[tag] = (kind, size // UNITS[kind], 8)
    moving = random.random() < 0.3  # each page has bytes of its own, which overlap those of others
    link = 4
    for page in range(pages):
        struct.pack_into("<I", body, link, len(body))
        written = sorted(entries.items())
        body += struct.pack("<H", len(written))
        for number, (kind, count, place) in written:
            large = count * UNITS[kind] > 6 and moving
            body += struct.pack("<HHII", number, kind, count - page if large else count, place + large * page)
        link = len(body)
        body += bytes(4)
    return bytes(body)


def tensors(random: Random) -> bytes:
    """Return a .safetensors file of thousands of tensors: side by side, in one place or overlapping."""
    count, step = random.randrange(2000, 20_000), random.choice((4, 4, 4, 0, 2))
    entries = {
        f"w{n}" if n else "w": {
            "dtype": "F32",
            "shape": [1, 1, 1, 1],
            "data_offsets": [n * step, n * step + 4],
        }
        for n in range(count)
    }
    head = json.dumps(entries).encode()
    return struct.pack("<Q", len(head)) + head + bytes(4 * count)


def archive(random: Random) -> bytes:
    """Return the list of a zip archive, whose entries are in one place, and end records that may be wrong."""
    count = random.choice((random.randrange(1, 9999), 10_000, random.randrange(10_000, 60_000)))
    name = random.choice((b"a.npy", b"%d.npy", b""))
    listed = bytearray()
    for number in range(count):
        named = name % number if b"%" in name else name
        listed += b"PK\1\2" + bytes(24) + struct.pack("<HHHHHII", len(named), 0, 0, 0, 0, 0, 0) + named
    told = random.choice((count, 1, 0, 65535))
    size = random.choice((len(listed), len(listed), 2**32 - 1, 46))
    end = b"PK\5\6" + bytes(4) + struct.pack("<HHIIH", told & 0xFFFF, told & 0xFFFF, size, 0, 0)
    if random.random() < 0.5:
        record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, told, told, len(listed), 0)
        end = record + b"PK\6\7" + struct.pack("<IQI", 0, len(listed), 1) + end
    return bytes(listed) + end
