"""Notes of one kind: equal, or equal but for figures and names."""

import tracemalloc

import pytest

from convcli.pipeline.gathered_notes import GatheredNotes

CASES = {
    "none": ([], []),
    "one": (["the first of 3 frames"], ["0.png: the first of 3 frames"]),
    "equal": (["dull"] * 9, ["9 of 9 files: dull"]),
    "some": (["dull"] * 2, ["2 of 9 files, such as 0.png: dull"]),
    "two kinds, in the order of their first": (
        ["dull", "bright", "bright", "dull"],
        ["2 of 9 files, such as 0.png: dull", "2 of 9 files, such as 1.png: bright"],
    ),
    "figures": (["48% cut", "7% cut", "12% cut"], ["3 of 9 files, such as 0.png: 7% to 48% cut"]),
    "thousands and decimals": (
        ["9,638 values", "12.5 values", "800 values"],
        ["3 of 9 files, such as 0.png: 12.5 to 9,638 values"],
    ),
    "negative and very large": (
        ["least -7, most 1.02e+03", "least -12, most 2e+10", "least 3, most 900"],
        ["3 of 9 files, such as 0.png: least -12 to 3, most 900 to 2e+10"],
    ),
    "two figures, one of them the same": (
        ["1 of 3 maps", "2 of 3 maps"],
        ["2 of 9 files, such as 0.png: 1 to 2 of 3 maps"],
    ),
    "names": (
        ["6 maps are in 'm/a'", "6 maps are in 'm/b'"],
        ["2 of 9 files, such as 0.png: 6 maps are in '...'"],
    ),
    "a name in place of a figure": (["see 7", "see 'k'"], ["2 of 9 files, such as 0.png: see '...'"]),
    "a name that all have": (["see 'k'", "see 'k'"], ["2 of 9 files, such as 0.png: see 'k'"]),
    "digits in words are no figures": (
        ["laplacian8: cut", "laplacian9: cut"],
        ["0.png: laplacian8: cut", "1.png: laplacian9: cut"],
    ),
    "values in specs are no figures": (
        ["log:sigma=2: cut", "log:sigma=3: cut"],
        ["0.png: log:sigma=2: cut", "1.png: log:sigma=3: cut"],
    ),
}


def lines(notes: list[tuple[str, str]], files: int) -> list[str]:
    gathered = GatheredNotes()
    for given, note in notes:
        gathered.add(given, note)
    return gathered.lines(files)


@pytest.mark.parametrize(("notes", "said"), CASES.values(), ids=CASES)
def test_lines(notes: list[str], said: list[str]) -> None:
    assert lines([(f"{number}.png", note) for number, note in enumerate(notes)], 9) == said


def test_files_are_counted_not_notes() -> None:
    assert lines([(given, "dull") for given in ("a", "a", "b")], 2) == ["2 of 2 files: dull"]


def test_many_notes_take_little_memory() -> None:
    """A million notes would take 200 MB: what is kept of a kind does not grow with their number."""
    gathered = GatheredNotes()
    tracemalloc.start()
    for number in range(3000):
        gathered.add(f"{number}.png", f"{number} of 'in/{number}.png' cut")
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert gathered.lines(4000) == ["3000 of 4000 files, such as 0.png: 0 to 2999 of '...' cut"]
    assert size < 100_000
