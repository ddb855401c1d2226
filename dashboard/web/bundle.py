"""A component's modules as one script: over a slow link fifty of them are nine round trips.

Each module becomes a function that gives what it exports, after those that it imports. They are written so
that this is all it takes: an import is one line, with names in braces or the default alone, and `export`
stands before what it declares. A module that does anything else is refused, by its file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from perfwatch.errors import StartError

_IMPORT = re.compile(r'^import (\w+|\{ [\w, ]+ \}) from "(\.[^"]*)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+)\b)", re.MULTILINE)
_DEFAULT = re.compile(r"^export \{ (\w+) as default \};$", re.MULTILINE)
# One at the start of a line, and a type within one: `/** @type {import("./x.js").Y} */`.
_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/|/\*\* @[^\n]*?\*/", re.MULTILINE | re.DOTALL)
_REMARK = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
_MARGIN = re.compile(r"^\s+", re.MULTILINE)
_KNOWN = re.compile("|".join(pattern.pattern for pattern in (_IMPORT, _EXPORT, _DEFAULT)), re.MULTILINE)
_FOREIGN = {
    "an import or export of another form": r"[ \t]*(?:import|export)\b(?!\.).*",
    "an import as a call": r"(?![ \t]*//).*\bimport\s*\(.*",
    "import.meta": r".*\bimport\.meta\b(?!\.url).*",
    "an await outside of a function": r"(?!//|.*\basync\b)(?=\S).*\bawait\b.*",
    # What stands at the start of such a line may look like code.
    "a text over several lines": r"[^`\n]*(?:`[^`\n]*`[^`\n]*)*`[^`\n]*|.*\\",
}


class Module(NamedTuple):
    """One file: its text, also without comments, and the names it exports with what each is called inside."""

    path: Path
    text: str
    bare: str
    exports: dict[str, str]

    def imports(self) -> Iterator[tuple[re.Match[str], Path]]:
        """Each import, with the file that it leads to."""
        for found in _IMPORT.finditer(self.bare):
            yield found, (self.path.parent / found[2]).resolve()


def script(entry: Path, *further: Path) -> str:
    """The module `entry` and all that it imports, as one that exports its `mount`.

    With it come `further` modules, whose `mount` it exports by their names. Raises StartError where one of
    them is not written as this module needs it.
    """
    modules = needed(entry, *further)
    names = {module.path: f"module{place}" for place, module in enumerate(modules)}
    exports = {module.path: module.exports for module in modules}
    if missing := [path for path in (entry, *further) if "mount" not in exports[path]]:
        raise StartError(f"{missing[0]} cannot be bundled: it exports no mount")
    wrapped = [_wrapped(module, names, exports) for module in modules]
    also = [f"export const {{ mount: {path.stem} }} = {names[path]};" for path in further]
    return "\n".join([*wrapped, *also, f"export const {{ mount }} = {names[entry]};\n"])


def needed(*entries: Path) -> list[Module]:
    """What `entries` are made of, each after what it imports."""
    found: dict[Path, Module] = {}
    for entry in entries:
        _collect(entry, found, ())
    return list(found.values())


def _collect(path: Path, found: dict[Path, Module], within: tuple[Path, ...]) -> None:
    module = _read(path)
    for imported, other in module.imports():
        if other == path or other in within:
            raise _refused(module, imported.start(), "imports what imports it")
        if not other.is_file():
            raise _refused(module, imported.start(), "imports what is not there")
        if other not in found:
            _collect(other, found, (*within, path))
    found[path] = module


def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    # Blank where it is a comment: places and lines stay what they are.
    bare = _COMMENT.sub(lambda comment: re.sub(".", " ", comment[0]), text)
    named = [(name, name) for name in _EXPORT.findall(bare)]
    default = [("default", name) for name in _DEFAULT.findall(bare)]
    module = Module(path, text, bare, dict([*named, *default]))
    for found in _KNOWN.finditer(bare):
        if bare.rfind("/*", 0, found.start()) > bare.rfind("*/", 0, found.start()):
            raise _refused(module, found.start(), "an import or export after the start of a comment")
    for what, pattern in _FOREIGN.items():
        for found in re.finditer(f"^(?:{pattern})$", bare, re.MULTILINE):
            if not _KNOWN.match(bare, found.start()):
                raise _refused(module, found.start(), what)
    return module


def _wrapped(module: Module, names: dict[Path, str], exports: dict[Path, dict[str, str]]) -> str:
    body = module.text
    for found, other in module.imports():
        taken = found[1].replace(" as ", ": ") if found[1].startswith("{") else f"{{ default: {found[1]} }}"
        if missing := {name.split(":")[0].strip() for name in taken.strip("{ }").split(",")} - {
            *exports[other]
        }:
            raise _refused(
                module, found.start(), f"imports {', '.join(sorted(missing))}, which is not exported there"
            )
        body = body.replace(found[0], f"const {taken} = {names[other]};")
    body = light(_EXPORT.sub("", _DEFAULT.sub("", body)))
    given = ", ".join(f"{name}: {inside}" for name, inside in module.exports.items())
    return f"const {names[module.path]} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();"


def light(body: str) -> str:
    """A script or a sheet without what is there for whoever reads it: remarks, but for licences, and margins.

    A third of it.
    """
    without = _COMMENT.sub(lambda remark: remark[0] if remark[0].startswith("/*!") else "", body)
    return _MARGIN.sub("", _REMARK.sub("", without))


def _refused(module: Module, at: int, what: str) -> StartError:
    line = module.text.count("\n", 0, at) + 1
    written = module.text[at:].splitlines()[0].strip()
    return StartError(f"{module.path}, line {line}, cannot be bundled: {what} ({written})")
