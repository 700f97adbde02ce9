"""Matrices as other tools write them: what their documentation says they mean."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from convcli import correlate
from convcli.errors import KernelError
from convcli.kernels.spec import kernel
from tests.program import Convcli, pixels

SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
FOUR = [[1, 2], [3, 4]]
SIX = [[1, 2, 3], [4, 5, 6]]

SAME = [
    # ImageMagick: columns x rows, one number for a square; numbers apart by commas, spaces or lines
    ("3x3: 0,-1,0 -1,5,-1 0,-1,0", SHARPEN),
    ("3x3:0,-1,0,\n-1,5,-1,\n0,-1,0\n", SHARPEN),
    (" 3x3 : 0 -1 0 -1 5 -1 0 -1 0 ", SHARPEN),
    ("3: 0,-1,0,-1,5,-1,0,-1,0", SHARPEN),
    ("3x3+1+1: 0,-1,0,-1,5,-1,0,-1,0", SHARPEN),
    ("3X3: 0 -1 0; -1 5 -1; 0 -1 0;", SHARPEN),
    ("3x2: 1 2 3 4 5 6", SIX),
    ("2x3: 1 2 3 4 5 6", [[1, 2], [3, 4], [5, 6]]),
    ("3x1: 1,2,3", [[1, 2, 3]]),
    ("1x3: 1,2,3", [[1], [2], [3]]),
    ("2x2+0+0: 1 2 3 4", FOUR),  # of an even side, the middle is the first of two
    ("2x2: 1/2 1e0 .3e1 −4", [[0.5, 1], [3, -4]]),
    # vips: columns and rows, perhaps scale, perhaps offset
    ("3 3\n0 -1 0\n-1 5 -1\n0 -1 0", SHARPEN),
    ("3 3 1 0\n0 -1 0\n-1 5 -1\n0 -1 0\n\n", SHARPEN),
    ("2 1 4\n2 6", [[0.5, 1.5]]),
    ("3 3 2 0\n0 -2 0\n-2 10 -2\n0 -2 0", SHARPEN),
    ('\n3\t2,"1.0",0\n"1" 2,3\r\n4\t5 6\r\n', SIX),
    ("9 1\n1 2 3 4 5 6 7 8 9", [[1, 2, 3, 4, 5, 6, 7, 8, 9]]),
    # NumPy, PyTorch and others, as typed and as printed
    ("np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])", SHARPEN),
    ("numpy.asarray([[1, 2], [3, 4]], dtype=np.float32)", FOUR),
    ("np.array([[1, 2], [3, 4]], np.float32) / 2", [[0.5, 1], [1.5, 2]]),
    ("k = np.array([[1, 2],\n              [3, 4],], 'f')", FOUR),
    ("kernel: np.ndarray = np.float32([[1., 2.], [3., 4.]])", FOUR),
    ("array([[1, 2],\n       [3, 4]])", FOUR),
    ("torch.tensor([[1., 2.], [3., 4.]], device='cuda:0', requires_grad=True)", FOUR),
    ("tensor([[1., 2.],\n        [3., 4.]], dtype=torch.float64)", FOUR),
    ("[[1. 2.]\n [3. 4.]]", FOUR),
    ("[[ 0 -1  0]\n [-1  5 -1]\n [ 0 -1  0]]", SHARPEN),
    ("[[2/2, +2.], [3, 4],]", FOUR),
    ("((1, 2), (3, 4))", FOUR),
    ("np.array([1, 2, 3])", [[1, 2, 3]]),
    ("tf.constant([[1., 2.], [3., 4.]])", FOUR),
    ("np.array([[2, 4], [6, 8]]) * 1/2", FOUR),
    ("np.array([[2, 4], [6, 8]]) * (1/2)", FOUR),
    ("1/2 * np.array([[2, 4], [6, 8]])", FOUR),
    ("(1/2) * [[2, 4], [6, 8]]", FOUR),
    # MATLAB, Octave, Julia
    ("[1 2; 3 4]", FOUR),
    ("K = [2, 4; 6, 8]/2;", FOUR),
    ("1/2*[2 4; 6 8]", FOUR),
    ("(1,2;3,4)", FOUR),
    # C, C++, Java, Mathematica
    ("{{1, 2}, {3, 4}}", FOUR),
    ("{ {1.0, 2.0}, {3.0, 4.0} };", FOUR),
    ("float k[2][2] = {{1, 2}, {3, 4}};", FOUR),
    ("static const double kernel[2][2] = {\n  {1, 2}, // first\n  {3, 4}, // second\n};", FOUR),
]


@pytest.mark.parametrize(("text", "weights"), SAME)
def test_typed_piped_and_in_a_file(tmp_path: Path, text: str, weights: list[list[float]]) -> None:
    (tmp_path / "k.txt").write_text(text)
    (tmp_path / "k.dat").write_text(f"\n{text}\n")
    for spec in (text, str(tmp_path / "k.txt"), str(tmp_path / "k.dat")):
        found = kernel(spec)
        assert_allclose(found.weights, weights, rtol=1e-15)
        assert found.bias == (0,)
        assert not found.notes
    assert_allclose(kernel("-", stdin=text.encode).weights, weights, rtol=1e-15)


def test_three_axes_stay() -> None:
    assert_array_equal(kernel("np.array([[[1, 2]], [[3, 4]]])").weights, [[[1, 2]], [[3, 4]]])


def test_division_is_of_each_number() -> None:
    assert_array_equal(kernel("[[3, 5]]/9").weights, [[3 / 9, 5 / 9]])
    assert_array_equal(kernel("2 2 9 0\n3 5\n7 9").weights, [[3 / 9, 5 / 9], [7 / 9, 1]])


def test_the_offset_of_vips_is_the_bias(convcli: Convcli, gray: Path) -> None:
    Path("emboss.mat").write_text("3 1 2 128\n-1 0 1\n")
    found = kernel("emboss.mat")
    assert_array_equal(found.weights, [[-0.5, 0, 0.5]])
    assert found.bias == (128,)
    assert convcli("filter", gray, "-k", "emboss.mat", "-p", "replicate", "-o", "made.png").status == 0
    wide = np.pad(pixels(gray).astype(int), ((0, 0), (1, 1)), "edge")
    expected = np.clip(np.rint((wide[:, 2:] - wide[:, :-2]) / 2 + 128), 0, 255)
    assert_array_equal(pixels("made.png"), expected)


def test_a_header_of_vips_that_could_be_weights_is_noted() -> None:
    found = kernel("3 3 9\n1 2 3\n4 5 6\n7 8 9")
    assert_allclose(found.weights, np.arange(1, 10).reshape(3, 3) / 9)
    assert "first line is read as that of a vips matrix" in found.notes[0]
    assert "end rows with ';'" in found.notes[0]
    rows = kernel("3 3 9;\n1 2 3;\n4 5 6;\n7 8 9")
    assert (rows.components[0].shape, rows.notes) == ((4, 3), ())


@pytest.mark.parametrize(
    "text", ["0 -1 0\n-1 5 -1\n0 -1 0", "2 2\n3 4\n5 6\n7 8", "3 1\n1 2", "2.5 1\n1 2", "1 2 3\n4 5 6"]
)
def test_rows_without_a_header(text: str) -> None:
    rows = [[float(word) for word in line.split()] for line in text.splitlines()]
    assert_array_equal(kernel(text).weights, rows)
    assert kernel(text).notes == ()


@pytest.mark.parametrize("pair", [(0, 0), (2, 0), (1, 2), (2, 1)])
def test_the_origin_is_kept(pair: tuple[int, int]) -> None:
    """ImageMagick's correlation: the pixel at ``+X+Y`` of the kernel lies on the pixel that is computed."""
    x, y = pair
    weights = np.arange(1, 10).reshape(3, 3)
    text = f"3x3+{x}+{y}: {' '.join(map(str, weights.ravel()))}"
    found = kernel(text)
    picture = np.random.default_rng(3).integers(0, 256, (9, 8)).astype(float)
    made = correlate(picture, found.components[0], pad="zero")
    wide = np.pad(picture, 3)
    for row, column in np.ndindex(9, 8):
        window = wide[row + 3 - y : row + 6 - y, column + 3 - x : column + 6 - x]
        assert made[row, column] == (window * weights).sum()
    assert f"bring its origin +{x}+{y} to the middle" in found.notes[0]


def test_what_imagemagick_leaves_out_is_0() -> None:
    found = kernel("3x3: nan,1,- 1,NaN,1 -,1,-")
    assert_array_equal(found.weights, [[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    assert "are read as 0" in found.notes[0]


WRONG = [
    ("3x3: 1,2,3", "has 3 numbers; ImageMagick's 3x3, columns x rows, takes 9", "give as many"),
    ("2x3: 1 2 3 4 5", "takes 6", "give as many"),
    ("1x2: 1", "has 1 number;", "give as many"),
    ("1e308 * [[1, 2]]", "inf at row 1, column 2", "finite"),
    ("2 1 1e-320 0\n1 0", "inf at row 1, column 1", "finite"),
    ("2 1 nan 0\n1 0", "nan at row 1, column 1", "finite"),
    ("2 1 1 inf\n1 0", "bias (inf,) is not finite", "finite"),
    ("3x3:", "has 0 numbers", "give as many"),
    ("99999x9999: 1", "takes 999890001", "give as many"),
    ("2x2: 1 2 x 4", "'x' is not a number (row 2, column 1)", "1/9"),
    ("3x3>: 1 2 3 4 5 6 7 8 9", "'>' makes several kernels by rotating it", "-k of its own"),
    ("3x3+1+1@:1,2,3,4,5,6,7,8,9", "'@' makes several", "-k of its own"),
    ("3<:1,2", "'<' makes several", "-k of its own"),
    ("1x2: 1 2; 1x2: 3 4", "';' begins another kernel", "-k of its own"),
    ("2x2+2+0: 1 2 3 4", "the origin +2+0 is outside", "from +0+0"),
    ("3 3 9 0\n1 1 1\n1 1 1", "says 3 rows of 3 numbers; there are 2 of 3", "correct the line"),
    ("3 3 9 0\n1 1\n1 1\n1 1", "says 3 rows of 3 numbers; there are 3 of 2", "correct the line"),
    ("3 2 0 0\n1 2 3\n4 5 6", "the scale of the vips matrix is 0", "1 for none"),
    ("np.array([[1, 2], [3]])", "row 2 has 1 number, the first has 2", "as many numbers"),
    ("np.array([[1, 2], [3, x]])", "'x' is not a number (row 2, column 2)", "numbers such as"),
    ("[[1,, 2], [3, 4]]", "brackets or commas do not fit together", "[[0, 1], [2, 3]]"),
    ("[[1, 2], [3, 4]]/0", "divides by zero", "another number"),
    ("[[1, 2], [3, 4]]/2/0", "'2/0' divides by zero", "9 or 1/9"),
    ("np.array([[1, 2], [3, 4])", "brackets or commas do not fit together", "[[0, 1], [2, 3]]"),
    ("{{1, 2}, {3, 4}", "brackets or commas do not fit together", "[[0, 1], [2, 3]]"),
    # brackets in other calls are not the weights
    *(
        (call, "is a call, and nothing is run", ".npy")
        for call in (
            "np.eye(3)",
            "np.zeros((3, 3))",
            "np.ones((3, 3)) / 9",
            "np.random.random((3, 3))",
            "np.flip([[1, 2], [3, 4]])",
            "np.sum([[1, 2], [3, 4]]) / 2",
            "np.array([[1, 2], [3, 4]]).T",
            "np.array([1, 2, 3, 4]).reshape(2, 2)",
            "__import__('os').system('touch here')",
        )
    ),
    ("gaussian(sigma=2)", "is a call", "write 'gaussian:sigma=2'"),
    ("[[1 2] [3 nan]]", "nan at row 2, column 2", "finite"),
]


@pytest.mark.parametrize(("text", "message", "hint"), WRONG)
def test_what_is_wrong_is_said(text: str, message: str, hint: str) -> None:
    with pytest.raises(KernelError) as caught:
        kernel(text)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.message.isprintable()


def test_a_file_of_matlab_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "k.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x01IM\x0e\x00\x00\x00")
    with pytest.raises(KernelError, match="is a MATLAB file"):
        kernel(str(path))


def test_files_with_a_suffix_of_their_own_are_read_as_before(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text("3,3\n1,2\n3,4\n")
    assert_array_equal(kernel(str(tmp_path / "k.csv")).weights, [[3, 3], [1, 2], [3, 4]])
    (tmp_path / "k.json").write_text("{{1, 2}, {3, 4}}")
    with pytest.raises(KernelError, match="is not JSON"):
        kernel(str(tmp_path / "k.json"))
    (tmp_path / "k.toml").write_text("k = np.array([[1, 2]])")
    with pytest.raises(KernelError, match="is not TOML"):
        kernel(str(tmp_path / "k.toml"))


@pytest.mark.parametrize(
    ("text", "square"),
    [
        ("0,-1,0,-1,5,-1,0,-1,0", "3 x 3 write '0 -1 0; -1 5 -1; 0 -1 0'"),
        ("1/9 " * 9, "3 x 3 write '1/9 1/9 1/9; 1/9 1/9 1/9; 1/9 1/9 1/9'"),
        ("float k[] = {0, -1, 0,\n -1, 5, -1,\n 0, -1, 0,};", "3 x 3 write '0 -1 0; -1 5 -1; 0 -1 0'"),
        ("array([0, -1, 0,\n -1, 5, -1, 0, -1, 0])", "3 x 3 write '0 -1 0; -1 5 -1; 0 -1 0'"),
        ("{0,-1,0,-1,5,-1,0,-1,0}", "3 x 3 write '0 -1 0; -1 5 -1; 0 -1 0'"),
        (
            "1 " * 25,
            "5 x 5 write '1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1'",
        ),
        ("0 " * 48 + "1", "7 x 7 write ';' after every 7"),
    ],
)
def test_a_row_that_may_be_a_square_is_noted(text: str, square: str) -> None:
    found = kernel(text)
    count = found.components[0].size
    assert found.components[0].shape == (1, count)
    (note,) = found.notes
    assert f"is one row, 1 x {count}; for {square}" in note
    assert found.normalized().rotated().notes == (note,)


@pytest.mark.parametrize(
    "text",
    [
        "1 8 28 56 70 56 28 8 1",  # a row of Pascal's triangle is no square
        "0;-1;0;-1;5;-1;0;-1;0",
        "1 2 3 4 5 6 7 8",
        "5",
        "0 -1 0; -1 5 -1; 0 -1 0",
        "9x1: 0 -1 0 -1 5 -1 0 -1 0",
        "[[0, -1, 0, -1, 5, -1, 0, -1, 0]]",
    ],
)
def test_other_rows_are_not(text: str) -> None:
    assert kernel(text).notes == ()


@pytest.mark.parametrize(
    "command",
    [
        ["filter", "-o", "made.png"],
        ["show", "--max-size", "3"],
        ["explain", "--at", "3,-1"],
        ["spectrum"],
        ["compare"],
    ],
)
def test_notes_of_kernels_are_said_once_for_a_picture(
    convcli: Convcli, gray: Path, command: list[str]
) -> None:
    row = "0,-1,0,-1,5,-1,0,-1,0"
    ran = convcli(command[0], gray, *command[1:], "-k", row)
    assert ran.status == 0
    assert [line for line in ran.lines if "is one row, 1 x 9" in line] == [
        f"{gray}: kernel '{row}' is one row, 1 x 9; for 3 x 3 write '0 -1 0; -1 5 -1; 0 -1 0'"
    ]
    assert "one row" not in convcli(command[0], gray, *command[1:], "-k", row, "-q").err


def test_notes_of_the_kernels_in_a_stack(convcli: Convcli, gray: Path) -> None:
    Path("net.toml").write_text(
        '[[layer]]\ntype = "conv"\nkernel = "0 -1 0 -1 5 -1 0 -1 0"\npadding = "same"\n'
    )
    for command in (["run", "net.toml", gray], ["compare", gray, "--stack", "net.toml", "--crop", 4]):
        ran = convcli(*command)
        assert ran.status == 0, ran.err
        (note,) = [line for line in ran.lines if "is one row, 1 x 9" in line]
        assert "'net.toml', layer 1" in note


@pytest.mark.parametrize("command", ["show", "export"])
def test_notes_of_one_kernel(convcli: Convcli, command: str) -> None:
    ran = convcli("kernels", command, "[0,-1,0,-1,5,-1,0,-1,0]")
    assert (ran.status, len(ran.lines)) == (0, 1)
    assert "is one row, 1 x 9; for 3 x 3 write '0 -1 0; -1 5 -1; 0 -1 0'" in ran.err
