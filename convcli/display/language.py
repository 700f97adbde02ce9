"""Sentences in English and Chinese: English stands in the code, its translations in a table per folder."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Protocol, TypeVar

from convcli.choices import Language

__all__ = ["Say", "both", "chinese", "language", "say_english", "spaced", "speaker", "writable"]

# The variables of POSIX that name a language, the first that is set and not empty before the others.
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


T = TypeVar("T")


class Say(Protocol):
    """Says a sentence, whose fields are filled in, in the language that the user reads."""

    def __call__(self, english: str, /, **fields: object) -> str:
        """Return `english`, or its translation, with `fields` in its braces as ``str.format`` puts them."""


def language(given: Language | None, environment: Mapping[str, str]) -> Language:
    """Return the language that was asked for, else that of the environment's locale: Chinese or English."""
    if given is not None:
        return given
    locale = next(filter(None, map(environment.get, VARIABLES)), "")
    return Language.ZH if re.match(r"zh\b|zh_", locale.lower()) else Language.EN


def writable(package: str) -> bool:
    """Tell whether stdout, whose encoding is that of the locale, has the letters of a folder's Chinese."""
    try:
        "".join(chinese(package).values()).encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def speaker(package: str, spoken: Language) -> Say:
    """Return what says the sentences of the folder `package` on stdout in the language `spoken`.

    That is English where stdout cannot show Chinese.
    """
    return partial(_translated, package) if spoken is Language.ZH and writable(package) else say_english


def both(package: str, made: Callable[[Say], T]) -> dict[str, T]:
    """Return what is made of the sentences of the folder `package`, by language: pages hold all."""
    return {Language.EN.value: made(say_english), Language.ZH.value: made(partial(_translated, package))}


def say_english(english: str, /, **fields: object) -> str:
    """Fill the fields of an English sentence in."""
    return english.format(**fields)


def spaced(words: Iterable[str]) -> str:
    """Join words with spaces, but none between two Chinese characters."""
    return re.sub("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", " ".join(words))


def _translated(package: str, english: str, /, **fields: object) -> str:
    return chinese(package).get(english, english).format(**fields)


@cache
def chinese(package: str) -> Mapping[str, str]:
    """Return the Chinese of each English sentence: ``messages.toml`` of the folder, and what all share."""
    import tomllib  # here, for start-up
    from importlib.resources import files

    tables = (files(folder).joinpath("messages.toml") for folder in (__package__, package))
    return {
        english: text for table in tables for english, text in tomllib.loads(table.read_text("utf-8")).items()
    }
