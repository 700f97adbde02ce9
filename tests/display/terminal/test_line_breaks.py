"""Where lines of Chinese break, worked out by hand: a character of Chinese takes two columns."""

from rich.text import Text

from convcli.display.terminal.console import PlainConsole
from convcli.display.terminal.facts import phrases
from convcli.display.words import columns, shortened


def printed(text: Text, width: int) -> list[str]:
    console = PlainConsole(width=width, color_system=None)
    with console.capture() as kept:
        console.print(text)
    return kept.get().splitlines()


def test_lines_break_between_characters_and_keep_their_marks():
    # 10 columns: five characters; the comma may not begin a line, nor the bracket end one
    assert printed(Text("图像的边缘，需要填充"), 10) == ["图像的边", "缘，需要填", "充"]
    assert printed(Text("三个字（括号）"), 8) == ["三个字", "（括号）"]
    assert printed(Text("用 reflect 填充"), 10) == ["用 reflect", "填充"]
    assert printed(Text("大小 363 x 576 像素"), 12) == ["大小", "363 x 576 像", "素"]


def test_styles_and_own_line_breaks_are_kept():
    text = Text.assemble(("图像的", "bold"), "边缘\n第二行")
    console = PlainConsole(width=8, color_system="standard", force_terminal=True)
    with console.capture() as kept:
        console.print(text)
    assert kept.get() == "\x1b[1m图像的\x1b[0m边\n缘\n第二行\n"


def test_english_is_left_to_rich():
    assert printed(Text("one two three"), 8) == ["one two ", "three"]
    assert phrases("a, b c, 36 x 57; d", 8).plain == "a, b c,\n36 x 57;\nd"


def test_phrases_of_chinese():
    assert phrases("大小 3 x 5，深 2；完", 12).plain == "大小 3 x 5，\n深 2；完"
    assert phrases("这一句比一行还要长，完", 10).plain == "这一句比一\n行还要长，\n完"


def test_names_are_shortened_to_columns():
    assert columns("图片.png") == 8
    assert shortened("图片.png", 8) == "图片.png"
    # five columns stand for what is left out; six and five are left, where five hold two characters
    assert shortened("一二三四五六七八", 16) == "一二三四五六七八"
    assert shortened("一二三四五六七八九", 16) == "一二三[...]八九"
    assert columns(shortened("一二三四五六七八九", 16)) == 15
    assert shortened("abcdefghijklmnopq", 16) == "abcdef[...]mnopq"
