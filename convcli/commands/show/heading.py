"""What changes the numbers of a map that is shown, in words."""

from collections.abc import Iterator

from convcli.commands.show.spec import ShowSpec
from convcli.options.setting_words import setting_words
from convcli.options.specs import FilterSpec, ReadSpec

__all__ = ["settings"]


def settings(spec: FilterSpec, reading: ReadSpec, show_spec: ShowSpec, *, padded: bool) -> Iterator[str]:
    """Yield the options behind a map; those of padding where there is any (`padded`)."""
    if reading.frame is not None:
        yield f"frame {reading.frame}"
    if reading.layout is not ReadSpec.layout:
        yield f"layout {reading.layout}"
    yield from setting_words(spec, padded=padded)
    if not show_spec.center:
        yield "means not subtracted"
