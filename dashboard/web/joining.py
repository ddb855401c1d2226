"""Streamlit's modules as one script, made by esbuild: a page takes 20 requests for it, and not 75.

    python joining.py STREAMLIT ESBUILD > streamlit.js.gz

It looks through 23 MB of text, which would stay in the memory of a server. So it is a program of its own,
and imports nothing of ours.

A page starts with 59 modules, which it names itself. They become one script. All that they export it exports
too, each under a name of its own. Streamlit's other modules come later, when a page needs them, and import
from those 59. They are changed as they are served, so that they import from the script: two Reacts in one
page would not work together. Where that does not work out for each of them, there is no script.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

NAME = "streamlit.js"

# A line of the start page that loads a module. The entry comes first, then all that it imports.
LOADED = re.compile(
    r'^ *<(?:script type="module"|link rel="modulepreload") crossorigin '
    r'(?:src|href)="\./static/js/([\w.-]+)">(?:</script>)?\n',
    re.MULTILINE,
)
# All of Streamlit's modules are made by one bundler, which writes these in one way. Each pattern begins with
# letters that are searched for fast.
_IMPORT = re.compile(r'import(?:\{([^{}]*)\}from)?"\./([\w.-]+)"')
_EXPORT = re.compile(r"export\{([^{}]*)\}")
# In a list of what to fetch along with a module that comes later. Places in it are referred to.
_LISTED = re.compile(r'"\./([\w.-]+)"(?=[\],])')
_NAMED = re.compile(r"\./([\w.-]+\.js)")

_OPTIONS = ("--bundle", "--format=esm", "--minify", "--charset=utf8", "--log-level=error")
# Neither a tsconfig.json nor a package.json of a folder above has a say.
_ALONE = ("--target=esnext", "--ignore-annotations")


class CannotJoinError(Exception):
    """These modules do not become one script, and why."""


class Modules:
    """Which modules become one script, as Streamlit's start page names them: the entry, then the others."""

    def __init__(self, index: str) -> None:
        self.places = {name: place for place, name in enumerate(LOADED.findall(index))}
        # The names of modules change with their content. So this changes with whatever the script is made of.
        self.key = hashlib.sha256(Path(__file__).read_bytes() + index.encode()).hexdigest()

    def source(self, texts: Iterable[tuple[str, str]]) -> str:
        """A module that exports what each of them exports. It is given their names and texts."""
        return "\n".join(self._exported(name, text) for name, text in texts)

    def changed(self, text: str) -> str:
        """A later module that imports from the script. Raises CannotJoinError if it is of an unknown form."""
        text = _LISTED.sub(self._listed, _IMPORT.sub(self._imported, text))
        if left := self.places.keys() & set(_NAMED.findall(text)):
            raise CannotJoinError(f"{min(left)} is named in a way that we do not know")
        return text

    def _exported(self, name: str, text: str) -> str:
        found = _EXPORT.findall(text)
        given = [one.rpartition(" as ")[2] for one in found[-1].split(",") if one] if found else []
        names = ",".join(f"{one} as {self._unique(name, one)}" for one in given)
        return f'export{{{names}}}from"./{name}";'

    def _imported(self, found: re.Match[str]) -> str:
        if found[2] not in self.places:
            return found[0]
        pairs = [one.partition(" as ") for one in (found[1] or "").split(",") if one]
        names = ",".join(f"{self._unique(found[2], one)} as {inside or one}" for one, _, inside in pairs)
        return f'import{{{names}}}from"./{NAME}"'

    def _listed(self, found: re.Match[str]) -> str:
        return f'"./{NAME}"' if found[1] in self.places else found[0]

    def _unique(self, module: str, name: str) -> str:
        return f"m{self.places[module]}_{name}"


def join(static: Path, esbuild: str) -> bytes:
    """The script of Streamlit's folder `static`, by that program, compressed. Raises CannotJoinError."""
    modules = Modules((static / "index.html").read_text(encoding="utf-8"))
    if not modules.places:
        raise CannotJoinError("the start page names no module in a way that we know")
    folder = static / "static" / "js"
    later = [path for path in sorted(folder.glob("*.js")) if path.name not in modules.places]
    source = modules.source((name, (folder / name).read_text(encoding="utf-8")) for name in modules.places)
    script = modules.changed(_bundled(esbuild, source, folder, later))
    if found := _IMPORT.search(script):
        raise CannotJoinError(f"{found[2]} is imported at once, and the start page does not name it")
    exported = {one.rpartition(" as ")[2] for names in _EXPORT.findall(source) for one in names.split(",")}
    for path in later:
        if missing := set(_taken(modules.changed(path.read_text(encoding="utf-8")))) - exported:
            raise CannotJoinError(f"{path.name} imports what is not exported: {min(missing)}")
    return gzip.compress(_first_line(modules) + script.encode(), mtime=0)


def is_of(script: bytes, modules: Modules) -> bool:
    """Whether that script, compressed, is whole, and was made of them as we would make it now."""
    try:
        # Bit by bit: the server would keep the memory of the whole.
        with gzip.open(BytesIO(script)) as file:
            ours = file.readline() == _first_line(modules)
            while file.read(65_536):
                pass
    except (OSError, EOFError, zlib.error):
        return False
    return ours


def _first_line(modules: Modules) -> bytes:
    return f"// {modules.key}\n".encode()


def _taken(text: str) -> Iterator[str]:
    """What a changed module imports from the script."""
    for names, module in _IMPORT.findall(text):
        if module == NAME:
            yield from (one.partition(" as ")[0] for one in names.split(",") if one)


def _bundled(esbuild: str, source: str, folder: Path, later: Iterable[Path]) -> str:
    command = [esbuild, *_OPTIONS, *_ALONE, *(f"--external:./{path.name}" for path in later)]
    ended = subprocess.run(command, cwd=folder, input=source.encode(), capture_output=True, check=False)
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip() or f"it ended with {ended.returncode}"
        what = said.splitlines()[0].removeprefix("✘ [ERROR] ")
        shown = subprocess.run([esbuild, "--version"], capture_output=True, text=True, check=False)
        raise CannotJoinError(f"esbuild {shown.stdout.strip()}: {what}")
    return ended.stdout.decode()


if __name__ == "__main__":
    os.nice(10)  # whatever starts beside it comes first
    try:
        sys.stdout.buffer.write(join(Path(sys.argv[1]), sys.argv[2]))
    except (CannotJoinError, OSError) as exc:
        raise SystemExit(str(exc)) from exc
