"""Small changes that make a sound file or a sound word a hostile one; a random generator decides which."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random

__all__ = ["mutated_bytes", "mutated_text"]

PNG = b"\x89PNG\r\n\x1a\n"

# Where half of all changes of bytes fall: heads of files.
HEAD = 96

# Bytes that are often taken for a sign, an end or a length.
BYTES = (0, 1, 0x0A, 0x20, 0x7F, 0x80, 0xFE, 0xFF)

# What fields of 16, 32 and 64 bits hold at their ends.
FIELDS = {"H": 16, "I": 32, "Q": 64}

# What a number in a text becomes.
NUMBERS = (
    "0", "-1", "1", "2", "7", "64", "1000", "65536", "1000000", "2147483647", "2147483648", "4294967296",
    "1000000000", "18446744073709551616", "1" + 30 * "0", "1" + 5000 * "0", "-1000000000", "0.5", "1e-308",
    "1e308", "-1e308", "1e400", "1e999999999", "nan", "inf", "-inf", "-0.0", "1/0", "1/3", "0x10", "١", "1_0",
    "", "true", '"x"', "[]", "[[1]]", "{}",
)  # fmt: skip

# What is put between the letters of a text.
WORDS = (
    "\0", "\n", "\r\n", "\t", " ", "\x1b[31m", "\x9b", "\u202e", "é", "\ud800", "'", '"', ";", ":", ",", "=",
    "#", "[", "]", "{", "}", "(", "/", "\\", "..", "-", "--", "%s", "{0}", "[red]", "~", "*", "x" * 10_000,
    "[" * 100_000,
    "1 " * 5000, "1;" * 5000,
)  # fmt: skip

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def mutated_bytes(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Return `data` with one to four changes; `others` are files to splice it with.

    Most changes of archives and of PNG are made inside their parts, whose lengths and checksums are right
    again: decoders would look no further.
    """
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        inside = _inside_zip if data[:2] == b"PK" else _inside_png if data.startswith(PNG) else None
        if inside is not None and random.random() < 0.7:
            data = inside(data, random, others)
        elif data:
            data = random.choice(CHANGES)(data, random, others)
    return data


def _place(data: bytes, random: Random) -> int:
    return random.randrange(min(len(data), HEAD) if random.random() < 0.5 else len(data))


def _span(data: bytes, random: Random) -> tuple[int, int]:
    start = _place(data, random)
    return start, start + random.choice((1, 2, 4, 8, 12, 64, 1000))


def _bit(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at = _place(data, random)
    return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]


def _byte(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at = _place(data, random)
    return data[:at] + bytes([random.choice(BYTES)]) + data[at + 1 :]


def _cut(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data[: random.randrange(len(data))]


def _remove(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, stop = _span(data, random)
    return data[:start] + data[stop:]


def _repeat(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, stop = _span(data, random)
    return data[:start] + data[start:stop] * random.choice((2, 3, 50)) + data[stop:]


def _insert(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at = _place(data, random)
    return data[:at] + bytes([random.choice(BYTES)]) * random.choice((1, 2, 4, 500)) + data[at:]


def _splice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    other = random.choice(others)
    at = _place(data, random)
    return data[:at] + other[at if random.random() < 0.5 else random.randrange(len(other)) :]


def _field(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Set a field, of either byte order, to an extreme, or near to what it is."""
    letter = random.choice("HHIIIQ")
    code, bits = random.choice("<>") + letter, FIELDS[letter]
    at = _place(data, random)
    if at + bits // 8 > len(data):
        return data
    (now,) = struct.unpack_from(code, data, at)
    ends = (
        0,
        1,
        2**bits - 1,
        2 ** (bits - 1),
        2 ** (bits - 1) - 1,
        2 ** (bits // 2),
        now + 1,
        now - 1,
        2 * now,
    )
    changed = bytearray(data)
    struct.pack_into(code, changed, at, random.choice(ends) % 2**bits)
    return bytes(changed)


def _number(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Change a number that is written in letters, as in headers of NumPy, FITS and PNM."""
    found = list(NUMBER.finditer(data[:8192].decode("latin-1")))
    if not found:
        return data
    start, stop = random.choice(found).span()
    return data[:start] + random.choice(NUMBERS[:-5]).encode() + data[stop:]


CHANGES: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    _bit, _bit, _byte, _byte, _byte, _cut, _remove, _repeat, _insert, _splice, _field, _field, _field,
    _field, _number,
)  # fmt: skip


def _inside_zip(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Change a member of an archive, or its name, and pack it again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # it was changed before
        return _bit(data, random, others)
    if not members:
        return data
    name = random.choice(list(members))
    if random.random() < 0.1:
        members[random.choice(("", "../a.npy", "a", "\x1b.npy", "kernel.npy", name * 99))] = members.pop(name)
    elif members[name]:
        members[name] = random.choice(CHANGES)(members[name], random, list(members.values()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for each, content in members.items():
            archive.writestr(zipfile.ZipInfo(each), content)
    return buffer.getvalue()


def _inside_png(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Change the content of a chunk, what it unpacks to, its type, or the order of chunks."""
    chunks, at = [], len(PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return _bit(data, random, others)
    place = random.randrange(len(chunks))
    kind, content = chunks[place]
    match random.randrange(12):
        case 0:
            chunks[place:place] = [random.choice(chunks)] * random.choice((1, 2, 300))
        case 1:
            del chunks[place]
        case 2:
            chunks[place] = (random.choice(CHANGES[:5])(kind, random, others)[:4].ljust(4), content)
        case 3 | 4 | 5 if kind in (b"IDAT", b"iCCP", b"zTXt"):
            start = 0 if kind == b"IDAT" else content.find(b"\0") + 2
            try:
                unpacked = zlib.decompress(content[start:])
            except zlib.error:
                return _bit(data, random, others)
            changed = random.choice(CHANGES)(unpacked or b"\0", random, others)
            chunks[place] = (kind, content[:start] + zlib.compress(changed))
        case _:
            chunks[place] = (kind, random.choice(CHANGES)(content or b"\0", random, others))
    parts = (struct.pack(">I", len(content)) + kind + content for kind, content in chunks)
    return PNG + b"".join(part + struct.pack(">I", zlib.crc32(part[4:])) for part in parts)


def mutated_text(text: str, random: Random) -> str:
    """Return `text` with one to three changes of its numbers, words, lines or signs."""
    for _ in range(random.choice((1, 1, 2, 3))):
        text = random.choice(TEXT_CHANGES)(text, random)
    return text


def _text_number(text: str, random: Random) -> str:
    found = list(NUMBER.finditer(text))
    if not found:
        return text + random.choice(NUMBERS)
    start, stop = random.choice(found).span()
    return text[:start] + random.choice(NUMBERS) + text[stop:]


def _text_insert(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(WORDS) + text[at:]


def _text_remove(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    return text[:at] + text[at + random.choice((1, 1, 3, 10)) :]


def _text_lines(text: str, random: Random) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    return "\n".join([*lines[:at], *[lines[at]] * random.choice((0, 2, 300)), *lines[at + 1 :]])


def _text_swap(text: str, random: Random) -> str:
    words = re.split(r"(\W+)", text)
    first, second = random.randrange(len(words)), random.randrange(len(words))
    words[first], words[second] = words[second], words[first]
    return "".join(words)


TEXT_CHANGES: tuple[Callable[[str, Random], str], ...] = (
    _text_number, _text_number, _text_number, _text_insert, _text_remove, _text_lines, _text_swap,
)  # fmt: skip
