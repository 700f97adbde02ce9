"""ICC profiles as small as they can be, for tests of transfer curves (ICC.1:2022, sections 7 and 10)."""

import struct


def curv(*values: int) -> bytes:
    """Return a curveType: nothing, one u8Fixed8 exponent, or a table."""
    return struct.pack(f">4s4xI{len(values)}H", b"curv", len(values), *values)


def para(kind: int, *values: float) -> bytes:
    """Return a parametricCurveType."""
    numbers = [round(value * 65536) for value in values]
    return struct.pack(f">4s4xHH{len(numbers)}i", b"para", kind, 0, *numbers)


def profile(space: bytes, *curves: bytes) -> bytes:
    """Return an input or display profile of grey, or of RGB with the primaries of sRGB."""
    white = struct.pack(">4s4x3i", b"XYZ ", 63190, 65536, 54061)
    tags = {b"wtpt": white}
    if space == b"RGB ":
        columns = {b"rXYZ": (28578, 14581, 913), b"gXYZ": (25238, 46981, 6361), b"bXYZ": (9376, 3974, 46788)}
        tags |= {name: struct.pack(">4s4x3i", b"XYZ ", *column) for name, column in columns.items()}
        tags |= dict(zip((b"rTRC", b"gTRC", b"bTRC"), curves, strict=True))
    else:
        tags[b"kTRC"] = curves[0]
    table, body = b"", b""
    first = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, first + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = first + len(body)
    head = struct.pack(">I4xI4s4s4s12x4s", size, 0x04300000, b"mntr", space, b"XYZ ", b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
