"""Records of options: declared once, frozen, made of one another."""

import inspect
from typing import Annotated, Any

import pytest
import typer

from convcli.errors import UsageError
from convcli.options.option_groups import Options, with_options
from convcli.options.specs import FilterSpec, PoolSpec, ReadSpec
from convcli.parsing import parse_number, whole


class Size(Options):
    """The first record."""

    rows: Annotated[int, typer.Option("--rows", parser=whole)] = 3
    columns: Annotated[int, typer.Option("--columns", parser=whole)] = 3

    def check(self) -> None:
        """Refuse what is empty."""
        if self.rows < 1 or self.columns < 1:
            raise UsageError("the size is empty")


class Scale(Options):
    """The second record, which shares a field with the first."""

    factor: Annotated[float, typer.Option("--factor", parser=parse_number)] = 1.0
    rows: Annotated[int, typer.Option("--rows", parser=whole)] = 3


class Both(Size, Scale):
    """What both hold, and one field more."""

    exact: Annotated[bool, typer.Option("--exact")] = False


class Required(Options):
    """A record with a field that has no default."""

    name: Annotated[str, typer.Option("--name")]


def parameters(command: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(command).parameters)


def test_defaults_and_values() -> None:
    assert (Size().rows, Size(columns=5).columns) == (3, 5)
    assert vars(Size(rows=4)) == {"rows": 4}


def test_replace_makes_another_and_checks_it() -> None:
    size = Size(rows=4)
    other = size.replace(columns=2)
    assert (other.rows, other.columns, size.columns) == (4, 2, 3)
    assert type(Both().replace(exact=True)) is Both
    with pytest.raises(UsageError, match="empty"):
        size.replace(rows=0)


def test_records_are_frozen() -> None:
    size = Size()
    with pytest.raises(AttributeError, match="frozen"):
        size.rows = 5  # type: ignore[misc]
    assert size.rows == 3


def test_checks_are_inherited() -> None:
    with pytest.raises(UsageError, match="empty"):
        Both(columns=0)


def test_fields_come_in_the_order_of_the_bases_each_once() -> None:
    def command(both: Both) -> None: ...

    assert list(parameters(with_options(command))) == ["rows", "columns", "factor", "exact"]


def test_options_stand_where_their_record_stood() -> None:
    def command(first: str, size: Size, last: Annotated[bool, typer.Option("--last")] = False) -> None: ...

    assert list(parameters(with_options(command))) == ["first", "rows", "columns", "last"]


def test_defaults_of_records_are_those_of_options() -> None:
    def command(size: Size, required: Required) -> None: ...

    made = parameters(with_options(command))
    assert made["rows"].default == 3
    assert made["name"].default is inspect.Parameter.empty


def test_a_command_gets_records_and_the_rest() -> None:
    got: dict[str, Any] = {}

    def command(size: Size, required: Required, flag: bool = False) -> None:
        got.update(size=size, required=required, flag=flag)

    with_options(command)(rows=1, columns=2, name="n", flag=True)
    assert isinstance(got["size"], Size)
    assert vars(got["size"]) == {"rows": 1, "columns": 2}
    assert vars(got["required"]) == {"name": "n"}
    assert got["flag"] is True


def test_two_records_that_share_a_field_both_get_it() -> None:
    got: list[Options] = []

    def command(size: Size, scale: Scale) -> None:
        got.extend((size, scale))

    called = with_options(command)
    assert list(parameters(called)) == ["rows", "columns", "factor"]
    called(rows=8, columns=2, factor=0.5)
    assert [vars(one) for one in got] == [{"rows": 8, "columns": 2}, {"factor": 0.5, "rows": 8}]


def test_what_is_checked_is_checked_of_what_is_given() -> None:
    def command(size: Size) -> None: ...

    with pytest.raises(UsageError, match="empty"):
        with_options(command)(rows=0, columns=3)


@pytest.mark.parametrize("kind", [FilterSpec, PoolSpec, ReadSpec])
def test_specs_have_defaults_for_all_their_options(kind: type[Options]) -> None:
    def command(spec: Options) -> None: ...

    command.__annotations__["spec"] = kind
    defaults = {name: option.default for name, option in parameters(with_options(command)).items()}
    assert inspect.Parameter.empty not in defaults.values()
    spec = kind()
    assert {name: getattr(spec, name) for name in defaults} == defaults


def test_fields_that_are_not_there_or_not_given() -> None:
    with pytest.raises(TypeError, match="no field 'strid'"):
        FilterSpec(**{"strid": (2, 2)})
    with pytest.raises(TypeError, match="needs a value for 'name'"):
        Required(**{})


def test_a_record_stays_as_it_is() -> None:
    size = Size(rows=4)
    with pytest.raises(AttributeError, match="frozen"):
        del size.rows
    assert size.rows == 4


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (FilterSpec, {"stride": (0, 0)}),
        (FilterSpec, {"dilation": (1, 0)}),
        (FilterSpec, {"padding": "sme"}),
        (FilterSpec, {"padding": 2}),
        (PoolSpec, {"size": (0, 0)}),
        (PoolSpec, {"stride": (0, 1)}),
    ],
)
def test_values_are_checked_by_whoever_makes_the_record(kind: Any, field: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        kind(**field)
