"""Tables of messages: they hold what is said, nothing that is not, and lose no field in translation."""

import ast
import html
import itertools
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from convcli.choices import Language
from convcli.display.language import language, spaced, speaker

ROOT = Path(__file__).parents[2] / "convcli"
SHARED = ROOT / "display"
FOLDERS = sorted(table.parent for table in ROOT.rglob("messages.toml"))
each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
JS_SAYS = re.compile(r"""\bsay\(\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')""")

# Fields that agree with a number: Chinese words do not change.
ENGLISH_GRAMMAR = {"s", "s_are", "are", "near_are", "far_are", "have", "they_have"}
MIXED = re.compile(r"<(\w+)[^>]* data-say[^>]*>(.*?)</\1>", re.DOTALL)


def table(folder: Path) -> dict[str, str]:
    path = folder / "messages.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def nodes(folder: Path) -> Iterator[ast.AST]:
    for path in sorted(folder.rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text("utf-8")))


def assets(folder: Path) -> Iterator[str]:
    """Pages and scripts of a folder, in which a run of blanks is as good as one."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".js", ".html"):
            text = html.unescape(path.read_text("utf-8")).replace('\\"', '"').replace("\\'", "'")
            yield " ".join(text.split())
            yield from (with_numbers(mixed) for _, mixed in MIXED.findall(text))


def with_numbers(mixed: str) -> str:
    """A sentence with elements inside, as the table has it: they are {0}, {1} ... in it."""
    numbers = itertools.count()
    text = re.sub(r"<(\w+)[^>]*>.*?</\1>", lambda _: f"{{{next(numbers)}}}", mixed, flags=re.DOTALL)
    return " ".join(text.split())


def said_in_python(folder: Path) -> set[str]:
    """Sentences that stand in the call, or in a condition or a constant that does."""
    named = {
        target.id: node.value.value
        for node in nodes(folder)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }
    calls = [
        node
        for node in nodes(folder)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "say"
    ]
    parts = [part for call in calls for first in call.args[:1] for part in either(first)]
    values = [
        named.get(part.id) if isinstance(part, ast.Name) else getattr(part, "value", None) for part in parts
    ]
    return {value for value in values if isinstance(value, str)}


def either(node: ast.expr) -> list[ast.expr]:
    return [*either(node.body), *either(node.orelse)] if isinstance(node, ast.IfExp) else [node]


def said_in_pages(folder: Path) -> set[str]:
    return {
        (double or single).replace('\\"', '"').replace("\\'", "'")
        for path in folder.rglob("*.js")
        for double, single in JS_SAYS.findall(path.read_text("utf-8"))
    }


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_there_are_tables() -> None:
    assert SHARED in FOLDERS


@each_folder
def test_all_that_is_said_has_its_chinese(folder: Path) -> None:
    said = said_in_python(folder) | said_in_pages(folder)
    assert said - table(folder).keys() - table(SHARED).keys() == set()


@each_folder
def test_no_translation_is_left_over(folder: Path) -> None:
    # some are names that other packages give, such as corners and the turns of a kernel
    constants = {
        node.value for node in nodes(ROOT) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    pages = "\n".join(assets(ROOT if folder == SHARED else folder))
    unused = [key for key in table(folder) if key not in constants and " ".join(key.split()) not in pages]
    assert unused == []


@each_folder
def test_fields_are_the_same_in_both_languages(folder: Path) -> None:
    for english, chinese in table(folder).items():
        assert fields(english) - ENGLISH_GRAMMAR == fields(chinese), english
        assert chinese.strip(), english


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, {}, Language.EN),
        (None, {"LANG": "zh_CN.UTF-8"}, Language.ZH),
        (None, {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, Language.EN),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_GB.UTF-8"}, Language.ZH),
        (None, {"LANG": "de_DE.UTF-8"}, Language.EN),
        (Language.EN, {"LC_ALL": "zh_CN.UTF-8"}, Language.EN),
        (Language.ZH, {"LC_ALL": "C"}, Language.ZH),
    ],
)
def test_the_language(given: Language | None, environment: dict[str, str], expected: Language) -> None:
    assert language(given, environment) is expected


def test_a_sentence_in_both_languages() -> None:
    assert speaker("convcli.display", Language.EN)("{n} or more", n=3) == "3 or more"
    assert speaker("convcli.display", Language.ZH)("or") == "或"


def test_chinese_words_have_no_space_between_them() -> None:
    assert spaced(["8 位", "灰度"]) == "8 位灰度"
    assert spaced(["float64", "数据"]) == "float64 数据"
    assert spaced(["zero", "和", "边缘", "wrap"]) == "zero 和边缘 wrap"
