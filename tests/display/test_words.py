import pytest

from convcli.display.words import listed, number, one_line, per_axis, printable, shortened, significant, size


def test_numbers():
    assert [number(value) for value in (-0.0, 65535, 1234567, 0.1234567, -2.0)] == [
        "0",
        "65535",
        "1.23457e+06",
        "0.123457",
        "-2",
    ]
    assert number(123.456, 4) == "123.5"
    assert number(float("nan")) == "nan"
    numbers = {0.1 + 0.2: "0.3", -0.0: "0", 40.0: "40", 1e-5: "1e-05", 1 / 3: "0.333333", 1e10: "1e+10"}
    assert [significant(value, 6) for value in numbers] == list(numbers.values())


def test_sizes():
    assert size((3, 4, 5)) == "3 x 4 x 5"
    assert [per_axis(pair) for pair in ((2, 2), (2, 3))] == ["2", "2x3"]


@pytest.mark.parametrize(
    ("names", "words"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists(names, words):
    assert listed(names) == words


def test_names_of_files():
    assert printable("a\nb\udc80c é") == r"a\nb\udc80c é"


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [("abcdefgh", 8, "abcdefgh"), ("abcdefghi", 8, "ab[...]i"), ("abcdefghij", 9, "ab[...]ij"), ("", 5, "")],
)
def test_long_text_is_shortened_in_the_middle(text, most, short):
    assert shortened(text, most) == short


def test_a_line_keeps_its_words_and_shortens_the_long_ones():
    assert one_line(f"error: '{'x' * 1000}' is\nlong; hint: {'y' * 170}") == (
        f"error: '{'x' * 87}[...]{'x' * 86}' is\\nlong; hint: {'y' * 170}"
    )
