"""C++ sources as the checks see them: code without comments and literals, includes, files."""

import dataclasses
import functools
import pathlib
import re

SKIPPED_FOLDERS = {"build", ".venv", "__pycache__", ".git", ".hypothesis", ".pytest_cache"}

_TOKEN = re.compile(
    r'''//[^\n]*|/\*.*?\*/'''
    r'''|(?:\b(?:u8|u|U|L)?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")'''
    r'''|"(?:[^"\\\n]|\\.)*"'''
    r'''|(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+\'''',
    re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    quoted: bool
    target: str


def _blank(match):
    """Spaces of the same length; line ends stay, so that line numbers do."""
    return re.sub(r"[^\n]", " ", match.group(0))


def strip_code(text):
    """The text with comments and the contents of literals replaced by spaces."""
    return _TOKEN.sub(_blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Source:
    """One C++ file, named by its path below the root."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")

    @functools.cached_property
    def code(self):
        return strip_code(self.text)

    @functools.cached_property
    def lines(self):
        return self.text.splitlines()

    @functools.cached_property
    def includes(self):
        commentless = _TOKEN.sub(
            lambda m: _blank(m) if m.group(0).startswith("/") else m.group(0), self.text)
        return [Include(line_of(commentless, m.start(1)), m.group(1) == '"', m.group(2))
                for m in _INCLUDE.finditer(commentless)]

    def is_header(self):
        return self.path.endswith(".h")


def files(root, folders, suffixes):
    """Every file below the folders that ends in one of the suffixes, in a stable order."""
    found = []
    for folder in folders:
        for path in (root / folder).rglob("*"):
            inside = path.relative_to(root)
            if SKIPPED_FOLDERS.isdisjoint(inside.parts) and path.is_file() and \
                    path.name.endswith(suffixes):
                found.append(path)
    return sorted(found)


def cpp_sources(root, folders=("src", "tests")):
    return [Source(root, path) for path in files(root, folders, (".h", ".cpp"))]


def is_allowed(path, patterns):
    """Is the path one of the patterns? A pattern is a file, a folder/ or a glob."""
    return any(path.startswith(p) if p.endswith("/") else pathlib.PurePosixPath(path).match(p)
               for p in patterns)
