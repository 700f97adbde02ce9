"""Every limit of the table is met in one line, before work is begun or memory asked for."""

import ast
import io
import os
import re
import struct
import threading
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import convcli as cv
from convcli import limits
from convcli.errors import ConvcliError
from convcli.limits import Limit
from tests.program import Convcli, Ran

# Seconds of the processor, and bytes, that an excess may take.
MOST_SECONDS, MOST_BYTES = 2.0, 300e6

LAYER = "[[layer]]\n"
STACK = "stack.toml"


def _write(name: str, content: str | np.ndarray) -> str:
    if isinstance(content, str):
        Path(name).write_text(content)
    else:
        np.save(name, content)
    return name


def _stack(content: str) -> list[str]:
    return ["run", _write(STACK, content), "gray.png", "-o", "out.npy"]


def _explained(content: str) -> list[str]:
    return ["explain", "gray.png", "--stack", _write(STACK, content), "--html", "out.html"]


def _filter(*options: object) -> list[object]:
    return ["filter", "gray.png", "-k", "box", *options, "-o", "out.png"]


def _many_maps(values: int) -> list[str]:
    """977 maps of 1.1 million pixels: not more than a layer may have for each pixel of its input."""
    pixels = 1100 * 1000
    weights = _write("w.npy", np.ones((values // pixels + 1, 1, 1, 1), np.uint8))
    stack = _write(STACK, f'{LAYER}type = "conv"\nweights = "{weights}"')
    return ["run", stack, _write("large.npy", np.ones((1100, 1000), np.uint8)), "-o", "out.npy"]


def _file_of(size: int) -> str:
    with open("large.toml", "wb") as file:
        file.truncate(size)
    return "large.toml"


def _learn(*options: object) -> list[object]:
    return ["learn", "gray.png", "gray.png", "--size", "3", "--method", "gd", *options]


def _many_multiplications() -> object:
    return cv.correlate(np.zeros((2049, 2048), np.uint8), np.ones((1023, 1025)), method="direct")


def _shown(name: str, content: bytes) -> list[object]:
    Path(name).write_bytes(content)
    return ["show", name]


def _gif(frames: int) -> bytes:
    """Frames of one pixel, whose codes are clear, 0, end."""
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    return b"GIF89a" + screen + frame * frames + b";"


def _tiff(pages: int, shared: int = 0) -> bytes:
    """Directories of one entry each, the width, or a value of so many bytes that they share."""
    entry = struct.pack("<HHHII", 1, *((65000, 7, shared, 8) if shared else (256, 3, 1, 1)))
    places = range(8, 8 + 18 * pages, 18)
    following = [*places[1:], 0]
    return (
        struct.pack("<2sHI", b"II", 42, 8)
        + b"".join(entry + struct.pack("<I", at) for at in following)
        + bytes(shared)
    )


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


def _archive(entries: int) -> list[object]:
    with zipfile.ZipFile("many.npz", "w") as archive:
        for number in range(entries):
            archive.writestr(f"{number}.npy", b"")
    return ["show", "many.npz"]


def _packed(size: int) -> list[object]:
    header = io.BytesIO()
    form = {"descr": "|u1", "fortran_order": False, "shape": (size // 2**15 + 1, 2**15)}
    np.lib.format.write_array_header_1_0(header, form)
    with (
        zipfile.ZipFile("packed.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.npy", "w") as entry,
    ):
        entry.write(header.getvalue())
        for _ in range(size // 2**24):
            entry.write(bytes(2**24))
        entry.write(bytes(2**15))
    return ["show", "packed.npz", "--max-pixels", "2G"]


def _weights(header: int) -> list[str]:
    with open("w.safetensors", "wb") as file:
        file.write(struct.pack("<Q", header))
        file.truncate(8 + header)
    return _stack(f'{LAYER}type = "conv"\nweights = "w.safetensors:a"')


# For each row of the table, a command (or a call) that exceeds it by as little as possible.
EXCESSES: dict[str, Callable[[int], list[object] | list[str] | Callable[[], object]]] = {
    "WHOLE": lambda most: _filter("--frame", most + 1),
    "JOBS": lambda most: _filter("--jobs", most + 1),
    "STEPS": lambda most: _learn("--steps", most + 1),
    "BATCH": lambda most: _learn("--batch", most + 1),
    "SAMPLES": lambda most: ["compare", "gray.png", "-k", "box", "--bias-map", "--samples", most + 1],
    "WINDOW": lambda most: _filter("--stride", most + 1),
    "SIDE": lambda most: _filter("--padding", f"0,0,0,{most + 1 - 27}"),
    "VALUES": lambda _: _filter("--padding", 4096),  # 8212 x 8219
    "GROWN": lambda _: _filter("--padding", 2048),  # 4116 x 4123
    "MAP_VALUES": lambda most: _many_maps(most),
    "MAGNITUDE": lambda _: ["compare", _write("x.npy", np.full((20, 27), 1.1e70)), "-k", "box"],
    "MULTIPLY_ADDS": lambda _: _many_multiplications,
    "METHOD_WEIGHTS": lambda _: ["filter", "gray.png", "-k", "box:size=1025", "--method", "direct"],
    "WEIGHTS": lambda _: ["filter", "gray.png", "-k", _write("k.npy", np.ones((17, 993, 994), np.uint8))],
    "KERNEL_SIDE": lambda most: ["filter", "gray.png", "-k", _write("k.npy", np.ones((most + 1, 1)))],
    "MAPS": lambda most: ["filter", "gray.png", "-k", _write("k.npy", np.ones((most + 1, 1, 1, 1)))],
    "SHOWN_WEIGHTS": lambda _: ["kernels", "show", "box:size=1025"],
    "EXPLAINED_WEIGHTS": lambda _: ["explain", "gray.png", "-k", "box:size=257", "--at", "0,0"],
    "LEARNED_WEIGHTS": lambda most: ["learn", "gray.png", "gray.png", "--size", f"1x{most + 1}"],
    "LAYERS": lambda most: _stack(f'{LAYER}type = "relu"\n' * (most + 1)),
    "COMPARED_LAYERS": lambda most: ["compare", "gray.png", "-k", "box", "--layers", most + 1],
    "EXPLAINED_LAYERS": lambda most: _explained(f'{LAYER}type = "relu"\n' * (most + 1)),
    # global pooling of a picture of so many pixels, upsampled from the small one
    "PAGE_NUMBERS": lambda _: _explained(
        f'{LAYER}type = "upsample"\nfactor = 64\n{LAYER}type = "pool"\nglobal = true\n'
    ),
    "UPSAMPLING": lambda most: _stack(f'{LAYER}type = "upsample"\nfactor = [1, {most + 1}]\n'),
    "STACK_BYTES": lambda most: ["run", _file_of(most + 1), "gray.png"],
    "KERNEL_BYTES": lambda most: ["filter", "gray.png", "-k", _file_of(most + 1)],
    "KEY_PARTS": lambda most: _stack("a" + ".a" * most + " = 1\n"),
    "FRAMES": lambda most: _shown("many.gif", _gif(most + 1)),
    "ARCHIVE_ENTRIES": lambda most: _archive(most + 1),
    "UNPACKED": lambda most: _packed(most),
    "TENSOR_HEADER": lambda most: _weights(most + 1),
    "NESTING": lambda most: _shown("deep.json", b"[" * (most + 1) + b"1" + b"]" * (most + 1)),
    "PNG_TEXT": lambda most: _shown(
        "text.png", _png((b"zTXt", b"a\0\0" + zlib.compress(bytes(most + 1), 1)))
    ),
    "PNG_CHUNKS": lambda most: _shown("chunks.png", _png(*[(b"tEXt", b"a\0")] * (most - 2))),
    "TIFF_PAGES": lambda most: _shown("many.tif", _tiff(most + 1)),
    "TAG_BYTES": lambda most: _shown("tags.tif", _tiff(most // 2**16 + 1, 2**16)),
}
ROWS = {name: row for name, row in vars(limits).items() if isinstance(row, Limit)}


def test_each_row_of_the_table_has_a_case() -> None:
    assert set(EXCESSES) == set(ROWS)
    assert sorted(limits.table()) == sorted(ROWS.values())


def _refused(convcli: Convcli, excess: list[object] | list[str] | Callable[[], object]) -> str:
    """Return the line that refuses `excess`."""
    if callable(excess):
        with pytest.raises(ConvcliError) as caught:
            excess()
        return f"error: {caught.value.message}; hint: {caught.value.hint}"
    ran = convcli(*excess)
    assert ran.status in (1, 2), ran.err
    assert len(ran.lines) == 1, ran.err
    return ran.lines[0]


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("name", ROWS)
def test_an_excess_is_one_line_and_costs_little(convcli: Convcli, name: str) -> None:
    most = ROWS[name].most
    excess = EXCESSES[name](most)
    files = set(Path().iterdir())
    begin = time.process_time()
    line = _refused(convcli, excess)
    assert time.process_time() - begin < MOST_SECONDS
    tracemalloc.start()  # which takes time itself
    try:
        assert _refused(convcli, excess) == line
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert (f"{most:.4g}" if most > 10**19 else str(most)) in line
    assert re.fullmatch(r"error: .+; hint: .+", line)
    assert set(Path().iterdir()) == files


# Windows whose numbers are large and legal: one result, that of the first window.
ONE_RESULT = [
    {"stride": 10**7},
    {"stride": 10**9},
    {"stride": limits.WINDOW.most},
    {"stride": (10**9, 1)},
    {"stride": (3, 10**9)},
]


@pytest.mark.parametrize("method", ["auto", "direct", "separable", "gemm", "fft"])
@pytest.mark.parametrize("window", ONE_RESULT, ids=str)
def test_a_stride_beyond_the_picture_gives_the_first_window(window: dict[str, object], method: str) -> None:
    image = np.arange(48.0).reshape(6, 8)
    begin = time.process_time()
    made = cv.correlate(image, np.ones((3, 3)), padding=0, method=method, **window)
    assert time.process_time() - begin < 1
    down, along = (window["stride"],) * 2 if isinstance(window["stride"], int) else window["stride"]
    # A window's sum is 9 times its middle.
    assert np.allclose(made, 9 * image[1:-1:down, 1:-1:along])


@pytest.mark.parametrize("mode", ["max", "avg", "min", "median", "lp"])
def test_pooling_windows_beyond_the_picture_see_all_of_it(mode: str) -> None:
    x = np.arange(1.0, 13).reshape(3, 4)
    expected = {"max": 12, "avg": 6.5, "min": 1, "median": 6.5, "lp": np.sqrt(650)}[mode]
    for size in (7, 10**6):
        assert cv.pool2d(x, size, mode=mode, ceil=True) == pytest.approx(expected)
    assert cv.pool2d(x, (3, 4), mode=mode, stride=10**9) == pytest.approx(expected)


# Numbers that are no numbers, or not of this world: each is one line with status 2.
NUMBERS = [
    "1e400",
    "nan",
    "inf",
    "1/0",
    "",
    " ",
    "0b10",
    "1_0",
    "٣",
    "9" * 400,
    "9" * 5000,
    "1,5,7",
    "--",
    "1e",
]
WHOLES = [*NUMBERS, "1.5", "1e3", "1/2"]


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("value", WHOLES, ids=lambda value: value[:12])
@pytest.mark.parametrize(
    "command",
    [
        "filter gray.png -k box --stride",
        "filter gray.png -k box --dilation",
        "filter gray.png -k box --padding",
        "filter gray.png -k box --frame",
        "filter gray.png -k box --jobs",
        "pool gray.png --size",
        "learn gray.png gray.png --seed",
        "learn gray.png gray.png --method gd --steps",
        "compare gray.png -k box --layers",
        "compare gray.png -k box --crop",
        "compare gray.png -k box --shift",
        "show gray.png --max-size",
        "show gray.png --precision",
        "show gray.png --region",
        "explain gray.png -k box --at",
    ],
)
def test_whole_numbers_that_are_none(convcli: Convcli, command: str, value: str) -> None:
    if command.endswith("--region") and not value.strip():
        value = ":"
    option = command.rpartition(" ")[2]
    ran = convcli(*command.split()[:-1], f"{option}={value}")
    assert ran.status == 2
    assert re.fullmatch(r"error: .+; hint: .+\n", ran.err)
    assert len(ran.err) < 300


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: value[:12])
@pytest.mark.parametrize(
    "command",
    [
        "filter gray.png -k box --bias",
        "filter gray.png -k box --pad constant --pad-value",
        "filter gray.png -k box --max-pixels",
        "learn gray.png gray.png --l2",
        "learn gray.png gray.png --method gd --lr",
        "learn gray.png gray.png --holdout",
    ],
)
def test_numbers_that_are_none(convcli: Convcli, command: str, value: str) -> None:
    option = command.rpartition(" ")[2]
    if value == "9" * 400 and option == "--max-pixels":
        value += "G"
    ran = convcli(*command.split()[:-1], f"{option}={value}")
    assert ran.status == 2
    assert re.fullmatch(r"error: .+; hint: .+\n", ran.err)
    assert len(ran.err) < 300


# Numbers that the type in which pixels are computed cannot hold, or whose squares are infinite.
TOO_LARGE = [
    "filter gray.png -k box --bias 1e308",
    "filter gray.png -k box --bias -1e39 -o out.npy",
    "filter gray.png -k sobel --bias 1e308 --range scale",
    "filter gray.png -k box --pad constant --pad-value 1e308",
    "filter gray.png -k box --pad constant --pad-value 1e308 --linear",
    "filter gray.png -k box --max-pixels 1e308G",
    "pool gray.png --mode avg --padding 1 --pad constant --pad-value 1e308",
    "show gray.png -k box --bias 1e308",
    "explain gray.png -k box --at 0,0 --bias 1e308",
    "compare gray.png -k box --bias 1e308",
    "compare gray.png -k box --bias 1e30",
    "compare gray.png -k box --pad-value 1e308 --crop 3",
    "compare large.npy -k box -o out.png",
    "compare large.npy -k box --shift 1,1",
    "compare large.npy -k box --bias-map --samples 2",
    "spectrum large.npy -k box -o out.png",
    "spectrum gray.png -k 1e308,1e308 -o out.png",
    "learn gray.png gray.png --size 3 --l2 1e308",
    "learn gray.png gray.png --size 3 -p constant --pad-value 1e308",
    "learn gray.png gray.png --size 3 --method gd --lr 1e308",
    "learn large.npy large.npy --size 3",
]


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("command", TOO_LARGE)
def test_numbers_that_are_too_large_to_compute_with(convcli: Convcli, command: str) -> None:
    np.save("large.npy", np.where(np.eye(20, 27) == 1, 1e308, 0.5))
    files = set(Path().iterdir())
    ran = convcli(*command.split())
    assert ran.status in (1, 2)
    assert re.fullmatch(r"error: .+; hint: .+\n", ran.err)
    assert set(Path().iterdir()) == files


def test_float64_pictures_may_have_such_numbers(convcli: Convcli) -> None:
    np.save("x.npy", np.full((4, 4), 0.5))
    assert convcli("filter", "x.npy", "-k", "1", "--bias", "1e308", "-o", "out.npy").err == ""
    assert (np.load("out.npy") == 1e308).all()


@pytest.mark.parametrize(("kind", "large"), [(np.float32, 3e38), (np.float64, 1.7e308)])
def test_sums_that_overflow_are_said(convcli: Convcli, kind: type, large: float) -> None:
    pixels = np.full((4, 4), 0.5, kind)
    pixels[0, 0] = pixels[0, 1] = large
    np.save("x.npy", pixels)
    ran = convcli("filter", "x.npy", "-k", "1 1", "--padding", "0", "-o", "out.npy")
    assert ran.status == 0
    assert ran.err == f"x.npy: 1 value is not finite: it left the range of {kind.__name__}\n"
    assert np.load("out.npy")[0, 0] == np.inf


STACKS = {
    "a number of 400 digits": f'{LAYER}type = "conv"\nkernel = "box"\nbias = {"9" * 400}\n',
    "a number of 5000 digits": f'{LAYER}type = "conv"\nkernel = "box"\nbias = {"9" * 5000}\n',
    "a padding of 30 digits": f'{LAYER}type = "conv"\nkernel = "box"\npadding = {"9" * 30}\n',
    "a padding of a thousand million": f'{LAYER}type = "conv"\nkernel = "box"\npadding = 1000000000\n',
    "a dilation of a thousand million": f'{LAYER}type = "conv"\nkernel = "box"\ndilation = 1000000000\n',
    "a window of a thousand million": f'{LAYER}type = "pool"\nsize = 1000000000\nceil = true\n',
    "groups of 30 digits": f'{LAYER}type = "conv"\nweights = [[[[1]]]]\ngroups = {"9" * 30}\n',
    "a weight of 400 digits": f'{LAYER}type = "conv"\nweights = [[[[{"9" * 400}]]]]\n',
    "a bias of 1e308": f'{LAYER}type = "conv"\nkernel = "box"\nbias = 1e308\n',
    "a level of 1e308": f'{LAYER}type = "threshold"\nlimit = -1\nabove = 1e308\n',
    "a slope of 1e308": f'{LAYER}type = "leaky-relu"\nslope = 1e308\n',
    "factors that multiply": f'{LAYER}type = "upsample"\nfactor = 2\n' * 40,
    "a factor of a thousand million": f'{LAYER}type = "upsample"\nfactor = 1000000000\n',
    "maps that multiply": f'{LAYER}type = "conv"\nkernel = "sobel"\ncombine = "none"\n' * 9 * 3,
    "lists in lists": "a = " + "[" * 50_000 + "]" * 50_000 + f'\n{LAYER}type = "relu"\n',
    "layers of 100,000": f'{LAYER}type = "relu"\n' * 100_000,
    "a kernel without end": f'{LAYER}type = "conv"\nkernel = "box:size=1000000"\n',
}


def _quick_run(convcli: Convcli, stack: str) -> Ran:
    """Run a stack, which takes no longer than an excess may."""
    begin = time.process_time()
    ran = convcli(*_stack(stack))
    assert time.process_time() - begin < MOST_SECONDS
    return ran


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("what", STACKS)
def test_a_stack_that_asks_for_too_much(convcli: Convcli, what: str) -> None:
    ran = _quick_run(convcli, STACKS[what])
    assert ran.status in (1, 2)
    assert re.fullmatch(r"error: .+; hint: .+\n", ran.err)
    assert len(ran.err) < 400
    assert not Path("out.npy").exists()


def test_a_deep_stack_is_traced_in_time_that_grows_with_its_layers(convcli: Convcli) -> None:
    np.save("x.npy", np.ones((3, 3), np.float32))
    Path(STACK).write_text(f'{LAYER}type = "conv"\nkernel = "box"\npadding = 1\n' * 1000)
    begin = time.process_time()
    ran = convcli("run", STACK, "x.npy", "-o", "out.npy", "--json")
    assert ran.status == 0
    assert time.process_time() - begin < 10
    assert b'"receptive_field": [2001, 2001]' in ran.out  # 1 + 1000 * (3 - 1)


# Arguments of the Python API that are refused in a sentence.
X, K = np.ones((8, 8), np.float32), np.ones((3, 3))
CALLS: dict[str, Callable[[], object]] = {
    "pad": lambda: cv.correlate(X, K, pad=3),
    "method": lambda: cv.correlate(X, K, method=None),
    "dtype": lambda: cv.correlate(X, K, dtype="foo"),
    "ragged image": lambda: cv.correlate([[1, 2], [3]], K),
    "ragged kernel": lambda: cv.correlate(X, [[1, 2], [3]]),
    "text": lambda: cv.correlate("abc", K),
    "huge int": lambda: cv.correlate([[10**30, 1]], K),
    "padding": lambda: cv.correlate(X, K, padding=10**5000),
    "padding too wide": lambda: cv.correlate(X, K, padding=10**9),
    "bias": lambda: cv.correlate(X, K, bias="x"),
    "bias too large": lambda: cv.correlate(X, K, bias=10**5000),
    "pad_value": lambda: cv.correlate(X, K, pad="constant", pad_value=[1]),
    "out": lambda: cv.correlate(X, K, out=[1]),
    "rows": lambda: cv.correlate(X, K, rows=3),
    "jobs": lambda: cv.correlate(X, K, jobs=10**9),
    "conv2d": lambda: cv.conv2d([[[1], [2, 3]]], np.ones((1, 1, 1, 1))),
    "conv2d bias": lambda: cv.conv2d(np.ones((1, 4, 4)), np.ones((1, 1, 3, 3)), bias="abc"),
    "groups": lambda: cv.conv2d(np.ones((1, 4, 4)), np.ones((1, 1, 3, 3)), groups=10**30),
    "pool2d": lambda: cv.pool2d("abc", 2),
    "p": lambda: cv.pool2d(X, 2, mode="lp", p="x"),
    "size": lambda: cv.pool2d(X, 10**9, ceil=True),
    "pad2d": lambda: cv.pad2d(X, 10**9),
    "pad2d value": lambda: cv.pad2d(X, 1, "constant", "x"),
    "output_size": lambda: cv.output_size(8, 3, 0),
    "kernel": lambda: cv.kernel(3),
    "kernel of an array": lambda: cv.kernel(K),
    "fit_kernel": lambda: cv.fit_kernel(X, [[1, 2], [3]], 3),
    "l2": lambda: cv.fit_kernel(X, X, 3, l2=1e308),
    "steps": lambda: cv.fit_kernel(X, X, 3, method="gd", steps=10**12),
    "batch": lambda: cv.fit_kernel(X, X, 3, method="gd", batch=limits.BATCH.most // 9 + 1),
    "lr": lambda: cv.fit_kernel(X, X, 3, method="gd", lr="x"),
    "mask": lambda: cv.fit_kernel(X, X, 3, masks=[[True, False], [True]]),
    "match_score": lambda: cv.match_score(X, K, jobs="x"),
    "layers": lambda: cv.compare_padding(X, K, layers=10**9),
    "crop": lambda: cv.compare_padding(X, K, crop="x"),
    "pads": lambda: cv.compare_padding(X, K, pads=3),
    "peak": lambda: cv.compare_padding(X, K, peak="x"),
    "offset": lambda: cv.compare_padding(X, K, truth=X, offset="ab"),
    "read_image": lambda: cv.read_image(3),
    "write_image": lambda: cv.write_image("x.png", [[1, 2], [3]]),
}


@pytest.mark.parametrize("what", CALLS)
def test_wrong_arguments_of_the_python_api(what: str) -> None:
    with pytest.raises(ConvcliError) as caught:
        CALLS[what]()
    assert caught.value.hint
    assert len(caught.value.message) < 300


def test_huge_padding_values_do_not_hide_the_other_modes() -> None:
    """Errors are told from rounding by each mode's own values: the truth is not that all are equal."""
    image = np.arange(400.0).reshape(20, 20) ** 2
    plain = {one.pad: one.mae for one in cv.compare_padding(image, K, crop=4)}
    huge = {one.pad: one.mae for one in cv.compare_padding(image, K, crop=4, pad_value=1e30)}
    assert plain["zero"] > plain["replicate"] > 0
    assert huge["zero"] == plain["zero"]
    assert huge["replicate"] == plain["replicate"]
    assert huge["constant"] > 1e29


@pytest.mark.usefixtures("gray")
def test_descent_that_has_not_arrived_is_not_said_to_explain_less_than_nothing(convcli: Convcli) -> None:
    ran = convcli("learn", "gray.png", "gray.png", "--size", "3", "--method", "adam", "--steps", "2")
    assert b"worse than a flat picture" in ran.out.replace(b"\n", b" ")
    assert b"explains -" not in ran.out


@pytest.mark.usefixtures("gray")
def test_padding_in_a_chain_is_counted_in_all(convcli: Convcli) -> None:
    ran = convcli(
        "filter", "gray.png", "-k", "box", "-k", "box", "--chain", "--padding", "1500", "-o", "o.png"
    )
    assert ran.status == 1
    assert re.fullmatch(r"error: .+6016x6023.+; hint: .+\n", ran.err)  # 20 + 2 * (3000 - 2), likewise 27


# Words of TOML that are long, and keys of many parts: none takes time by the square of its length.
LONG = {
    "name": f'{LAYER}type = "relu"\nname = "{"n" * 100_000}"\n',
    "type": f'{LAYER}type = "{"n" * 100_000}"\n',
    "key": f'{LAYER}type = "relu"\n{"k" * 100_000} = 1\n',
    "kernel": f'{LAYER}type = "conv"\nkernel = "{"k" * 100_000}"\n',
    "quoted parts": '"a b".' * 5000 + f"c = 1\n{LAYER}type = 'relu'\n",
    "header": f"[{'.'.join(['a'] * 20_000)}]\n{LAYER}type = 'relu'\n",
    "numbers": f'{LAYER}type = "conv"\nkernel = [[{", ".join(["0.1"] * 20_000)}]]\n',
}


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("what", LONG)
def test_long_words_in_a_stack_take_no_time(convcli: Convcli, what: str) -> None:
    ran = _quick_run(convcli, LONG[what])
    assert ran.status == 0 if what == "name" else ran.status in (1, 2)
    assert len(ran.err) < 400


@pytest.mark.usefixtures("gray")
def test_places_are_read_alike(convcli: Convcli) -> None:
    for place in ("3,4", "(3,4)", " ( 3, 4 )"):
        assert convcli("explain", "gray.png", "-k", "box", "--at", place).status == 0
        assert convcli("compare", "gray.png", "-k", "box", "--shift", place).status == 0


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize(
    "command",
    [
        "filter gray.png -k box --format foo",
        "filter gray.png -k box -o x.foo",
        "kernels export box --format foo",
        "kernels export box -o x.foo",
        "learn gray.png gray.png --size 3 -o x.foo",
        "learn gray.png gray.png --size 3 --format foo",
    ],
)
def test_formats_that_are_not_known_are_wrong_usage(convcli: Convcli, command: str) -> None:
    convcli(*command.split()).check_refusal(2, "foo")


def test_json_may_stand_before_the_subcommand(convcli: Convcli) -> None:
    before, after = convcli("kernels", "--json", "show", "box"), convcli("kernels", "show", "box", "--json")
    assert before.out == after.out
    assert before.out.startswith(b"{")


KINDS = {
    *("ConvcliError", "UsageError", "KernelError", "GeometryError", "ImageError", "OutputError"),
    # Parts of a sentence that the caller ends, and gives its hint: see arrayfiles/read.py.
    # "DamagedError", "PickledError", "ArrayFileError"
}


def _without_hint(call: ast.Call) -> bool:
    named = {word.arg: word.value for word in call.keywords}
    if None in named or "hint" in named:
        hint = named.get("hint")
        return isinstance(hint, ast.Constant) and not hint.value
    return len(call.args) < 2


def test_each_error_has_a_hint() -> None:
    found, calls = [], 0
    for path in sorted(Path(cv.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                calls += 1
                if _without_hint(node):
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []
    assert calls > 200


ENDLESS = {"zeros": bytes(2**20), "text": b"y\n" * 2**19, "noise": bytes(range(256)) * 2**12}


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("what", ENDLESS)
@pytest.mark.parametrize("command", ["filter {} -k box -o out.png", "show {}", "learn gray.png {}"])
def test_a_pipe_without_end_is_read_for_a_while(convcli: Convcli, command: str, what: str) -> None:
    """A named pipe, as shells make of ``<(yes)``; its writer would go on for ever."""
    os.mkfifo("pipe")
    sent = 0

    def write() -> None:
        nonlocal sent
        with suppress(BrokenPipeError), open("pipe", "wb", buffering=0) as pipe:
            while sent < 10**9:
                sent += pipe.write(ENDLESS[what])

    writer = threading.Thread(target=write)
    writer.start()
    ran = convcli(*command.format("pipe").split(), "--max-pixels", "64k")
    writer.join()
    size = r"begins with 1048576 zero bytes" if what == "zeros" else "its size [0-9]+ is above the limit"
    assert ran.status == 1
    assert re.fullmatch(f"error: .*'pipe'.*{size}.*; hint: .+\n", ran.err)
    # 4 bytes for each of 2^16 pixels, and 64 MiB; what is on its way, in the pipe and in buffers, is little.
    assert sent < 2**18 + 2**26 + 2**23


@pytest.mark.usefixtures("gray")
@pytest.mark.parametrize("value", ["-1e308k", "1e308k", "1e308G", "-1e400", "1e400M"])
def test_a_limit_that_no_number_holds(convcli: Convcli, value: str) -> None:
    ran = convcli(*_filter(f"--max-pixels={value}"))
    assert ran.status == 2
    assert re.fullmatch(r"error: --max-pixels.+; hint: .+\n", ran.err)


@pytest.mark.parametrize("options", [["--crop", "1"], ["--crop", "2", "-o", "out.png"]])
def test_pixels_that_are_cropped_away_are_limited_too(convcli: Convcli, options: list[str]) -> None:
    pixels = np.random.default_rng(1).random((20, 30))
    pixels[0, 0] = 1e308
    np.save("x.npy", pixels)
    convcli("compare", "x.npy", "-k", "box", *options).check_refusal(1, "magnitude 1e+308", "scale it down")


def test_a_signalling_nan_in_a_kernel_gives_no_warning(convcli: Convcli) -> None:
    weights = np.ones((2, 2), np.float32)
    weights.view(np.uint32)[0, 1] = 0x7FA00001
    np.save("k.npy", weights)
    convcli("kernels", "show", "k.npy").check_refusal(2, "nan at row 1, column 2", "finite")
    with pytest.raises(ConvcliError, match="not finite"):
        cv.correlate(np.ones((5, 5)), weights)
