"""Options and commands of other tools, and misspelt ones: accepted, or answered with the right name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperOption

from convcli.errors import UsageError, nearest

__all__ = ["ForeignWords", "names_of"]

# Other spellings, which are taken for ours where a command has the option.
_SPELLINGS = {
    "--grey": "--gray",
    "--no-colour": "--no-color",
    "--normalise": "--normalize",
    "--centre": "--center",
    "--no-centre": "--no-center",
}

# Our options, and words of PyTorch, SciPy, OpenCV, ImageMagick and other programs for them; the first that a
# command has is named.
_OURS = {
    "--pad": "--padding-mode --border --border-type --border-mode --boundary --virtual-pixel --mode",
    "--kernel": "--filter --weight --weights --matrix -f",
    "--size": "--kernel-size --ksize --window --kernel -k",
    "--dilation": "--rate",
    "--bias": "--delta --offset",
    "--gray": "--grayscale --greyscale --mono",
    "--depth": "--dtype --bits",
    "--range": "--clip --abs --scale",
    "--output": "--out --outfile",
    "--out-dir": "--output-dir --outdir",
    "--force": "--overwrite --yes -y",
    "--jobs": "--threads --workers -j -t",
    "--quiet": "--silent",
    "--no-color": "--color --colour --monochrome",
    "--recursive": "-r -R",
    "--version": "-V",
}

# Options of other tools that are parameters of a kernel here, and those that name an input.
_PARAMETERS = ("--sigma", "--radius", "--angle", "--size", "--amount")
_INPUTS = ("--input", "--image", "-i")

# Our commands, and other words for what they do.
_COMMANDS = {
    "filter": "convolve conv conv2d correlate convert",
    "pool": "maxpool avgpool median erode dilate",
    "run": "predict network",
    "learn": "fit train",
    "show": "view display info identify",
    "spectrum": "fft fourier",
    "compare": "diff pad padding",
}


def names_of(parameters: Sequence[Any]) -> set[str]:
    """Return all names of the options among a command's parameters."""
    options = [one for one in parameters if isinstance(one, TyperOption)]
    return {name for option in options for name in (*option.opts, *option.secondary_opts)}


# A mixin: mypy does not know the Typer class behind it, whose methods these extend.
class ForeignWords:
    """Base of commands and groups: accepts other spellings, and answers the words of other tools."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line."""
        known = names_of(self.get_params(ctx))  # type: ignore[attr-defined]
        try:
            return super().parse_args(ctx, _as_ours(args, known, ctx.command_path))  # type: ignore[misc,no-any-return]
        except typer.TyperException as error:
            raise _explained(error, known, f"see {ctx.command_path} --help") from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command of a group that the first word names."""
        try:
            return super().resolve_command(ctx, args)  # type: ignore[misc]
        except typer.TyperException:
            names = self.list_commands(ctx)  # type: ignore[attr-defined]
            advice = _command_for(args[0].lower(), names)
            hint = f"{advice}see {ctx.command_path} --help"
            raise UsageError(f"no such command {args[0]!r}", hint=hint) from None


def _as_ours(words: Sequence[str], known: Collection[str], command: str) -> list[str]:
    """Return the words of a command line, with options in the spelling of those that are `known`.

    A long option behind one dash, as ``-pad``, is an error: its letters would be options and their values.
    """
    ours = list(words)
    for place, word in enumerate(words):
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if name not in known and _SPELLINGS.get(name) in known:
            ours[place] = f"{_SPELLINGS[name]}{equals}{value}"
        elif len(name) == 2 and equals and name in known:  # -k=sobel: it would be a value of "=sobel"
            ours[place] = f"{name}{value}"
        elif len(name) > 2 and f"-{name}" in known:
            raise UsageError(f"no such option: {name}", hint=f"did you mean -{name}? see {command} --help")
    return ours


def _explained(error: typer.TyperException, known: Collection[str], see: str) -> Exception:
    """Return an error of ours for an option that is not `known`, or lacks its value."""
    name = getattr(error, "option_name", None)
    if name is None:
        return error
    if type(error).__name__ == "NoSuchOption":
        return UsageError(f"no such option: {name}", hint=f"{_option_for(name, known)}{see}")
    does = "needs a value" if "requires" in error.message else "takes no value"
    return UsageError(f"option {name} {does}", hint=see)


def _ours(name: str, table: Mapping[str, str], known: Collection[str]) -> str | None:
    """Return the first of our words in `table` that is `known` and has `name` among its others."""
    return next((our for our, others in table.items() if our in known and name in others.split()), None)


def _option_for(name: str, known: Collection[str]) -> str:
    if name in _INPUTS:
        return "inputs are named without an option; "
    if (ours := _ours(name, _OURS, known)) is not None:
        return f"here it is {ours}; "
    if name in _PARAMETERS and "--kernel" in known:
        return "parameters follow a kernel's name, as in -k gaussian:sigma=2; "
    close = nearest(name, [one for one in known if one.startswith("--")]) if name.startswith("--") else None
    return f"did you mean {close}? " if close else ""


def _command_for(name: str, known: Collection[str]) -> str:
    if (ours := _ours(name, _COMMANDS, known) or nearest(name, known)) is not None:
        return f"did you mean {ours!r}? "
    if "filter" in known:
        from convcli.kernels import library  # here, as only errors need it

        if library.canonical(name) in library.names():
            return f"a kernel is an option: convcli filter INPUT -k {name}; "
    return ""
