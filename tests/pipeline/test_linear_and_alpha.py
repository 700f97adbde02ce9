"""Constant padding in linear light and beside transparency, against SciPy and the sRGB formula."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_allclose
from PIL import Image
from scipy import ndimage

from convcli.pipeline.linear_and_alpha import weighted_sum
from tests.imaging.profiles import curv, profile
from tests.oracle import linear_to_srgb, srgb_to_linear
from tests.program import Convcli, pixels

RNG = np.random.default_rng(12)


def mean(values: np.ndarray, beyond: float) -> np.ndarray:
    return ndimage.uniform_filter(values.astype(float), 3, mode="constant", cval=beyond)


@pytest.mark.parametrize("value", [0, 60, 200])
def test_the_constant_is_decoded_too(convcli: Convcli, tmp_path: Path, value: int) -> None:
    grey = RNG.integers(0, 256, (9, 11), np.uint8)
    Image.fromarray(grey).save(tmp_path / "x.png")
    ran = convcli(
        "filter", "x.png", "-k", "box", "--linear", "-p", "constant", "--pad-value", value, "-o", "y.png"
    )
    assert ran.status == 0, ran.err
    expected = linear_to_srgb(mean(srgb_to_linear(grey), float(srgb_to_linear(value))))
    assert_allclose(pixels(tmp_path / "y.png"), expected, atol=0.51)


@pytest.mark.parametrize("value", [0, 60, 200])
def test_constant_padding_is_opaque(convcli: Convcli, tmp_path: Path, value: int) -> None:
    grey = RNG.integers(0, 256, (9, 11), np.uint8)
    alpha = RNG.integers(1, 256, (9, 11), np.uint8)
    Image.fromarray(np.dstack([grey, alpha]), "LA").save(tmp_path / "x.png")
    ran = convcli(
        "filter",
        "x.png",
        "-k",
        "box",
        "--alpha",
        "filter",
        "-p",
        "constant",
        "--pad-value",
        value,
        "-o",
        "y.png",
    )
    assert ran.status == 0, ran.err
    opacity = mean(alpha / 255, 1.0)
    colour = mean(grey * (alpha / 255), value) / opacity
    found = pixels(tmp_path / "y.png")
    assert_allclose(found[..., 1], 255 * opacity, atol=0.51)
    assert_allclose(found[..., 0], colour, atol=0.51)


def test_maps_of_different_sizes_do_not_share_a_file(convcli: Convcli, gray: Path, tmp_path: Path) -> None:
    ran = convcli("filter", gray, "-k", "box", "-k", "box:size=5", "-p", "valid", "-o", "y.npy")
    assert ran.status == 1
    assert len(ran.lines) == 1
    assert "16x23 and 18x25" in ran.err
    assert not (tmp_path / "y.npy").exists()


SOBEL, LAPLACIAN, SHARPEN = "-1 0 1; -2 0 2; -1 0 1", "0 1 0; 1 -4 1; 0 1 0", "0 -1 0; -1 5 -1; 0 -1 0"

# Options whose kernels have any sum, on pictures of 8 bits.
ANY_SUM = [
    ("-k", SOBEL),
    ("-k", "0.5"),
    ("-k", LAPLACIAN, "--range", "abs"),
    ("-k", "0 -1 0; -1 1 -1; 0 -1 0", "--range", "center"),
    ("-k", "-1 -2; -3 -4", "--bias", "900"),
    ("-k", "1 2 3; 4 5 6; 7 8 9", "--normalize"),
    ("-k", "1 2 3; 4 5 6; 7 8 9", "--normalize", "--convolve"),
    ("-k", "1 2 3; 4 5 6; 7 8 9", "--range", "scale"),
    ("-k", "sobel", "--combine", "magnitude"),
    ("-k", "sobel", "--combine", "orientation", "--range", "center"),
    ("-k", "sobel-x", "-k", "sobel-y", "--combine", "max"),
    ("-k", "gaussian:sigma=1", "-k", "laplacian", "--chain"),
    ("-k", SHARPEN, "--stride", "2"),
    ("-k", SHARPEN, "--pad", "zero"),
    ("-k", "box", "--pad", "zero"),
    ("-k", SHARPEN, "--pad", "constant", "--pad-value", "200"),
    ("-k", SOBEL, "--pad", "valid"),
    ("-k", "0 0; 0 0", "--bias", "9"),
    ("-k", "0.5", "--linear"),
]


def save(path: Path, samples: np.ndarray) -> None:
    if path.suffix == ".tif":
        extra = [2] if samples.shape[2] in (2, 4) else []
        tifffile.imwrite(
            path, samples, photometric="rgb" if samples.shape[2] > 2 else "minisblack", extrasamples=extra
        )
    elif path.suffix == ".npy":
        np.save(path, samples)
    else:
        import cv2

        order = [2, 1, 0, 3][: samples.shape[2]]
        cv2.imwrite(str(path), samples[..., order] if samples.shape[2] > 2 else samples[..., 0])


def opaque(path: Path, dtype: str, channels: int) -> tuple[Path, Path]:
    """Return two files of the same colours, one with full alpha."""
    kind = np.dtype(dtype)
    white = 1.0 if kind.kind == "f" else np.iinfo(kind).max
    plain = (np.random.default_rng(3).random((14, 19, channels)) * white).astype(kind)
    covered = np.dstack([plain, np.full(plain.shape[:2], white, kind)])
    suffix = ".png" if dtype == "uint8" or channels == 3 else ".tif"
    suffix = ".tif" if kind.kind == "f" else suffix
    if suffix == ".png" and channels == 1:
        Image.fromarray(plain[..., 0]).save(path / "plain.png")
        Image.fromarray(covered, "LA").save(path / "covered.png")
    else:
        save(path / f"plain{suffix}", plain)
        save(path / f"covered{suffix}", covered)
    return path / f"plain{suffix}", path / f"covered{suffix}"


@pytest.mark.parametrize("options", ANY_SUM, ids=" ".join)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_opaque_picture_gives_what_it_gives_without_alpha(
    convcli: Convcli, tmp_path: Path, options: tuple[str, ...], dtype: str, channels: int
) -> None:
    plain, covered = opaque(tmp_path, dtype, channels)
    for name in (plain, covered):
        ran = convcli("filter", name, *options, "--alpha", "filter", "-o", name.with_suffix(".npy"))
        assert ran.status == 0, ran.err
    expected, found = (np.load(name.with_suffix(".npy")) for name in (plain, covered))
    expected = expected.reshape(*expected.shape[:2], -1)
    assert found.shape == (*expected.shape[:2], channels + 1)
    np.testing.assert_array_equal(found[..., :-1], expected)
    np.testing.assert_array_equal(found[..., -1], 1 if dtype == "float32" else np.iinfo(dtype).max)


@pytest.mark.parametrize("mode", ["max", "avg", "min", "median", "lp"])
@pytest.mark.parametrize(
    "options",
    [(), ("--padding", "1"), ("--padding", "1", "--pad", "zero"), ("--padding", "1", "--pad", "reflect")],
)
def test_opaque_pictures_are_pooled_as_without_alpha(
    convcli: Convcli, tmp_path: Path, mode: str, options: tuple[str, ...]
) -> None:
    plain, covered = opaque(tmp_path, "uint8", 3)
    for name in (plain, covered):
        ran = convcli("pool", name, "-m", mode, *options, "--alpha", "filter", "-o", name.with_suffix(".npy"))
        assert ran.status == 0, ran.err
    expected, found = (np.load(name.with_suffix(".npy")) for name in (plain, covered))
    np.testing.assert_array_equal(found[..., :3], expected)
    np.testing.assert_array_equal(found[..., 3], 255)


def run_on(convcli: Convcli, tmp_path: Path, samples: np.ndarray, *options: object) -> np.ndarray:
    Image.fromarray(samples.astype(np.uint8)).save(tmp_path / "x.png")
    ran = convcli(*options[:1], "x.png", *options[1:], "--alpha", "filter", "-o", "y.npy")
    assert ran.status == 0, ran.err
    return np.load(tmp_path / "y.npy").astype(float)


@pytest.mark.parametrize(("kernel", "total"), [(SHARPEN, 1), (SOBEL, 0), ("0.5", 0.5), ("2 -1 3", 4)])
def test_a_uniform_colour_has_no_edges_where_it_ends(
    convcli: Convcli, tmp_path: Path, kernel: str, total: float
) -> None:
    picture = np.zeros((12, 15, 4))
    picture[..., :3] = np.random.default_rng(1).integers(0, 256, (12, 15, 3))  # hidden
    picture[3:9, 4:11] = (40, 20, 10, 255)
    picture[5:7, 6:8, 3] = 100
    found = run_on(convcli, tmp_path, picture, "filter", "-k", kernel, "--range", "raw")
    seen = found[..., 3] > 0
    assert_allclose(
        found[seen][:, :3], np.broadcast_to(np.array([40, 20, 10]) * total, (seen.sum(), 3)), atol=1e-4
    )
    assert not found[~seen].any()
    assert seen[3:9, 4:11].all()
    assert not seen[:2].any()


def test_each_side_of_a_kernel_averages_what_it_covers(convcli: Convcli, tmp_path: Path) -> None:
    # Colours 10 and 30 with alpha 255 and 51, then 90 with alpha 0; weights -1 -1 2.
    picture = np.zeros((1, 3, 2))
    picture[0] = (10, 255), (30, 51), (90, 0)
    found = run_on(convcli, tmp_path, picture, "filter", "-k", "-1 -1 2", "--pad", "valid", "--range", "raw")
    # The negative mean is (10 + 30 / 5) / (1 + 1 / 5) = 40 / 3; nothing is known of the positive one.
    assert_allclose(found, [[[2 * 40 / 3 - 2 * 40 / 3, 255 * 1.2 / 4]]], atol=1e-4)
    picture[0, 2, 1] = 51
    found = run_on(convcli, tmp_path, picture, "filter", "-k", "-1 -1 2", "--pad", "valid", "--range", "raw")
    assert_allclose(found, [[[2 * 90 - 2 * 40 / 3, 255 * (1.2 + 0.4) / 4]]], atol=1e-4)


def test_kernels_over_all_channels_weight_them_alike(convcli: Convcli, tmp_path: Path) -> None:
    kernel = np.zeros((3, 1, 2))
    kernel[:, 0] = (1, 2), (3, 4), (-5, 0)
    np.save(tmp_path / "k.npy", kernel)
    picture = np.zeros((1, 2, 4))
    picture[0] = (10, 20, 30, 255), (50, 60, 70, 51)
    options = ("filter", "-k", "k.npy", "--pad", "valid", "--range", "raw")
    found = run_on(convcli, tmp_path, picture, *options)
    positive = 10 * (10 + 3 * 20 + (2 * 50 + 4 * 60) / 5) / (4 + 6 / 5)
    assert_allclose(found.ravel(), [positive - 5 * 30, 255 * (4 + 6 / 5 + 5) / 15], atol=1e-3)


def test_a_chain_of_means_is_the_mean_of_their_product(convcli: Convcli, tmp_path: Path) -> None:
    picture = np.random.default_rng(4).integers(0, 256, (9, 11, 4))
    picture[..., 3] *= np.random.default_rng(5).integers(0, 2, (9, 11))
    twice = run_on(
        convcli,
        tmp_path,
        picture,
        "filter",
        "-k",
        "box",
        "-k",
        "box",
        "--chain",
        "--pad",
        "valid",
        "--range",
        "raw",
    )
    once = run_on(
        convcli,
        tmp_path,
        picture,
        "filter",
        "-k",
        "1 2 3 2 1; 2 4 6 4 2; 3 6 9 6 3; 2 4 6 4 2; 1 2 3 2 1",
        "--normalize",
        "--pad",
        "valid",
        "--range",
        "raw",
    )
    assert_allclose(twice, once, atol=1e-3)


def cut_out(tmp_path: Path) -> None:
    picture = np.full((600, 20, 4), 255, np.uint8)
    picture[..., 3] = 0
    picture[505:515, 5:15] = (10, 20, 30, 255)
    Image.fromarray(picture).save(tmp_path / "x.png")


BLEEDING = "x.png: hidden colours of transparent pixels reach visible ones; --alpha filter weights"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("filter", "-k", "box"), 1),
        (("filter", "-k", "sobel", "-k", "box", "-k", "gaussian", "--combine", "max"), 1),
        (("filter", "-k", "box", "-k", "2", "--chain"), 1),
        (("filter", "-k", "0 1 0", "-k", "2 0 0"), 1),
        (("filter", "-k", "0 1 0"), 0),
        (("filter", "-k", "0.5"), 0),
        (("filter", "-k", "box", "--alpha", "filter"), 0),
        (("filter", "-k", "box", "--alpha", "drop"), 0),
        (("filter", "-k", "box", "--stride", "3"), 0),  # centres 507 to 513, and 6 to 12
        (("filter", "-k", "1 1", "--stride", "5"), 0),
        (("filter", "-k", "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1", "--pad", "zero"), 1),
        (("pool",), 1),
        (("pool", "--size", "5"), 0),
        (("pool", "--size", "5", "--alpha", "filter"), 0),
        (("pool", "--global"), 0),  # its centre is hidden
    ],
    ids=str,
)
def test_hidden_colours_that_bleed_are_named_once(
    convcli: Convcli, tmp_path: Path, options: tuple[str, ...], said: int
) -> None:
    cut_out(tmp_path)
    ran = convcli(options[0], "x.png", *options[1:], "--range", "raw", "-o", "y.npy")
    assert ran.status == 0, ran.err
    assert ran.err.count("hidden") == said
    assert (BLEEDING in ran.err) == bool(said)


@pytest.mark.parametrize("alpha", [0, 1, 255])
def test_nothing_bleeds_where_nothing_or_all_is_hidden(convcli: Convcli, tmp_path: Path, alpha: int) -> None:
    picture = np.full((9, 9, 4), 200, np.uint8)
    picture[..., 3] = alpha
    Image.fromarray(picture).save(tmp_path / "x.png")
    ran = convcli("filter", "x.png", "-k", "box", "-o", "y.png")
    assert (ran.status, ran.err) == (0, "")


GAMMA_18 = profile(b"RGB ", *[curv(461)] * 3)
GREY_18 = profile(b"GRAY", curv(461))

# What a file says of its curve, and its mean of black and white: gamma 1 gives 127.5, 461/256 (1.8) gives
# 255 / 2**(256/461), sRGB 187.5.
SRGB_MEAN = 255 * (1.055 * 0.5 ** (1 / 2.4) - 0.055)
MEANS = {
    "nothing": ({}, SRGB_MEAN, ""),
    "gAMA 1.0": ({"gAMA": struct.pack(">I", 100000)}, 127.5, ""),
    "gAMA 0.5": ({"gAMA": struct.pack(">I", 50000)}, 255 * 0.5**0.5, ""),
    "sRGB and gAMA": ({"gAMA": struct.pack(">I", 100000), "sRGB": b"\0"}, SRGB_MEAN, ""),
    "iCCP": ({"iCCP": GAMMA_18}, 255 * 0.5 ** (256 / 461), ""),
    "iCCP and the others": (
        {"gAMA": struct.pack(">I", 100000), "sRGB": b"\0", "iCCP": GAMMA_18},
        255 * 0.5 ** (256 / 461),
        "",
    ),
    "cICP, linear": ({"cICP": bytes([1, 8, 0, 1]), "iCCP": GAMMA_18}, 127.5, ""),
    "cICP, PQ": ({"cICP": bytes([9, 16, 0, 1])}, SRGB_MEAN, "cICP"),
    "iCCP without curves": ({"iCCP": profile(b"RGB ", *[b"mft2" + bytes(8)] * 3)}, SRGB_MEAN, "ICC"),
}


def with_chunks(png: Path, chunks: dict[str, bytes]) -> None:
    """Put chunks before the pixels of a PNG."""
    data = png.read_bytes()
    added = b""
    for kind, content in chunks.items():
        content = b"x\0\0" + zlib.compress(content) if kind == "iCCP" else content
        body = kind.encode() + content
        added += struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    png.write_bytes(data[:33] + added + data[33:])


@pytest.mark.parametrize("name", MEANS)
@pytest.mark.parametrize(
    "command", [("filter", "-k", "1 1; 1 1", "--normalize", "--pad", "valid"), ("pool", "-m", "avg")]
)
def test_light_is_that_of_the_files_own_curve(
    convcli: Convcli, tmp_path: Path, command: tuple[str, ...], name: str
) -> None:
    chunks, expected, note = MEANS[name]
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[:, 1] = 255
    Image.fromarray(picture).save(tmp_path / "x.png")
    with_chunks(tmp_path / "x.png", chunks)
    ran = convcli(command[0], "x.png", *command[1:], "--linear", "-o", "y.npy", "--range", "raw")
    assert ran.status == 0, ran.err
    assert_allclose(np.load(tmp_path / "y.npy"), np.full((1, 1, 3), expected), atol=1e-3)
    assert ran.err.count("--linear takes sRGB") == bool(note)
    assert note in ran.err


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".avif"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_profiles_count_in_every_format(convcli: Convcli, tmp_path: Path, suffix: str, mode: str) -> None:
    if mode == "L" and suffix in (".webp", ".avif"):
        pytest.skip("has no grey")
    picture = Image.new(mode, (32, 32), "white")
    picture.paste("black", (0, 0, 16, 32))
    options = {"lossless": True} if suffix == ".webp" else {"quality": 100}
    options = {} if suffix in (".png", ".tif") else options
    picture.save(tmp_path / f"x{suffix}", icc_profile=GREY_18 if mode == "L" else GAMMA_18, **options)
    ran = convcli("pool", f"x{suffix}", "--global", "-m", "avg", "--linear", "-o", "y.npy", "--range", "raw")
    assert (ran.status, ran.err) == (0, "")
    assert_allclose(np.load(tmp_path / "y.npy"), 255 * 0.5 ** (256 / 461), atol=1)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(
    "chunks", [{"gAMA": struct.pack(">I", g)} for g in (100000, 45455, 55556, 10000)], ids=str
)
def test_the_identity_gives_the_same_bytes(
    convcli: Convcli, tmp_path: Path, chunks: dict[str, bytes], bits: int
) -> None:
    samples = np.arange(2**bits).reshape(16, -1).astype(f"uint{bits}")
    Image.fromarray(samples).save(tmp_path / "x.png")
    with_chunks(tmp_path / "x.png", chunks)
    ran = convcli("filter", "x.png", "-k", "identity", "--linear", "-o", "y.png")
    assert (ran.status, ran.err) == (0, "")
    np.testing.assert_array_equal(pixels(tmp_path / "y.png"), samples)
    with Image.open(tmp_path / "y.png") as written:
        assert written.info["gamma"] == int.from_bytes(chunks["gAMA"], "big") / 100000


@pytest.mark.parametrize("name", ["x.npy", "x.csv", "x.tif", "x.pfm"])
def test_floats_are_linear_light(convcli: Convcli, tmp_path: Path, name: str) -> None:
    values = np.array([[0.0, 1.0], [0.5, 0.25]], np.float32)
    match Path(name).suffix:
        case ".npy":
            np.save(tmp_path / name, values)
        case ".csv":
            np.savetxt(tmp_path / name, values, delimiter=",")
        case ".tif":
            tifffile.imwrite(tmp_path / name, values)
        case ".pfm":
            (tmp_path / name).write_bytes(b"Pf\n2 2\n-1.0\n" + values[::-1].tobytes())
    ran = convcli("pool", name, "-m", "avg", "--linear", "-o", "y.npy")
    assert ran.status == 0
    assert ran.err.endswith("floats are linear light already: --linear changes nothing\n")
    assert np.load(tmp_path / "y.npy").ravel().tolist() == [0.4375]


@pytest.mark.parametrize("kernel", [SOBEL, SHARPEN, "0.5", "gaussian:sigma=2", "motion:length=15,angle=30"])
def test_far_from_what_is_transparent_all_is_as_without_alpha(
    convcli: Convcli, tmp_path: Path, kernel: str
) -> None:
    picture = np.random.default_rng(6).integers(0, 256, (80, 90, 4), np.uint8)
    picture[..., 3] = 255
    picture[3, 4, 3] = 0
    found = run_on(convcli, tmp_path, picture, "filter", "-k", kernel, "--range", "raw")
    Image.fromarray(picture[..., :3].copy()).save(tmp_path / "plain.png")
    ran = convcli("filter", "plain.png", "-k", kernel, "--range", "raw", "-o", "plain.npy")
    assert ran.status == 0, ran.err
    assert_allclose(found[20:, 20:, :3], np.load(tmp_path / "plain.npy")[20:, 20:], atol=5e-3)
    assert (found[20:, 20:, 3] == 255).all()
    assert (found[..., 3] < 255).any()


@pytest.mark.parametrize(
    ("kernel", "colour", "coverage"),
    [
        # Four columns, the first two covered; coverage is weighted by the magnitudes of the weights.
        ([[-1.0, -1.0, -1.0]], [-24.0, -24.0], [2 / 3, 1 / 3]),
        ([[0.0, 0.0, 0.0]], [0.0, 0.0], [2 / 3, 1 / 3]),
        ([[3.0, 0.0, -1.0]], [16.0, 16.0], [0.75, 0.75]),
        ([[0.0, 0.0, -2.0]], [0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_kernels_of_one_sign_of_both_and_of_none(kernel, colour, coverage) -> None:
    def slide(values, weights, _):
        return ndimage.correlate(values, weights, mode="constant")[:, 1:-1]

    colours, covered = np.full((1, 4), 8.0), np.array([[1.0, 1.0, 0.0, 0.0]])
    made, gathered = weighted_sum(colours, covered, np.array(kernel), slide)
    assert_allclose(made[0], colour, atol=1e-12)
    assert_allclose(gathered[0], coverage)
