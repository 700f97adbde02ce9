"""The keys of one TOML table, each read once and checked; unknown keys are an error."""

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from convcli.choices import Choice
from convcli.errors import UsageError, shown, unknown
from convcli.parsing import Padding, as_padding, as_pair, parse_padding, parse_pair

__all__ = ["Fields"]

C = TypeVar("C", bound=Choice)


class Fields:
    """Reads a table; `where` names it in errors."""

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self._table = table
        self._known: list[str] = []
        self.where = where

    def knowing(self, *keys: str) -> Self:
        """Return itself; `keys`, which are read elsewhere, count as known."""
        self._known += keys
        return self

    def take(self, key: str, default: Any = None) -> Any:
        """Return the value as it stands."""
        self._known.append(key)
        return self._table.get(key, default)

    def text(self, key: str, default: str = "") -> str:
        """Return a string."""
        value = self.take(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, value, "a text in quotes")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false")
        return value

    def number(self, key: str, default: float) -> float:
        """Return a finite number."""
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
            raise self.wrong(key, value, "a finite number")
        try:
            return float(value)
        except OverflowError:
            raise self.wrong(key, value, "a number that float64 holds") from None

    def number_or_none(self, key: str) -> float | None:
        """Return a finite number, or None where it is not given."""
        return self.number(key, 0.0) if key in self._table else self.take(key)

    def choice(self, key: str, default: C) -> C:
        """Return one of a fixed set of words."""
        value = self.text(key, default.value)
        try:
            return type(default).parse(value)
        except UsageError as error:
            raise self.error(error.message, error.hint) from error

    def pair(self, key: str, default: object, least: int = 1) -> tuple[int, int]:
        """Return ``N``, ``[rows, columns]`` or ``"RxC"``."""
        value = self.take(key, default)
        try:
            return parse_pair(value, key, least) if isinstance(value, str) else as_pair(value, key, least)
        except UsageError as error:
            raise self.error(error.message, "write N or [rows, columns]") from error

    def padding(self, key: str = "padding") -> Padding:
        """Return ``N``, ``[rows, columns]``, ``[top, bottom, left, right]`` or a word."""
        value = self.take(key, 0)
        try:
            if isinstance(value, str):
                return parse_padding(value)
            if isinstance(value, list) and len(value) == 4:
                value = [value[:2], value[2:]]
            return as_padding(value)
        except UsageError as error:
            hint = 'write N, [rows, columns], [top, bottom, left, right] or "same"'
            raise self.error(error.message, hint) from error

    def finish(self) -> None:
        """Raise a UsageError for a key that was not read."""
        for key in self._table:
            if key not in self._known:
                error = unknown("key", key, sorted(set(self._known)))
                raise self.error(error.message, error.hint)

    def given(self, *keys: str) -> list[str]:
        """Return those of `keys` that are given."""
        return [key for key in keys if key in self._table]

    def wrong(self, key: str, value: object, expected: str) -> UsageError:
        """Return the error for a value of another kind."""
        return self.error(f"{key} is {shown(value)}, not {expected}", f"give {expected}")

    def error(self, message: str, hint: str) -> UsageError:
        """Return an error that names the table."""
        return UsageError(f"{self.where}: {message}", hint=hint)
