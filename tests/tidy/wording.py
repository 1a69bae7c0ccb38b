"""What the text itself must keep: line lengths, no leftovers, names that say something, a reason
at the top of each header."""

import re

import source

COLUMNS_MAX = 100
CODE_FOLDERS = ("src", "tests", "tools", "cmake", "bench", ".ci")
CODE_SUFFIXES = (".h", ".cpp", ".py", ".sh", ".cmake", ".in", ".sql", "CMakeLists.txt", "gates",
                 "install-packages", "clang-tidy", "run")
TEXT_FOLDERS = ("src", "tests", "tools", "cmake", "bench", ".ci", "docs", "helm")
TEXT_SUFFIXES = CODE_SUFFIXES + (".md", ".txt", ".yaml", ".yml", ".json")

_RAW_LITERAL = re.compile(r'\s*\{?R"')  # one that can't be broken has a line of its own
_LEFTOVER = re.compile(r"\b(?:FIXME|TODO|XXX|HACK)\b")
_EMPTY_NAME = re.compile(r"(?:^|_)(?:utils?|helpers?|manager|common|misc|stuff)(?:_|$)")
_EMPTY_TYPE = re.compile(r"\b(?:class|struct)\s+(\w*(?:Utils?|Helpers?|Manager|Common|Misc)\b)")
_SELF = ("tests/tidy/",)  # names what it looks for


def check_columns(root, _build=None):
    for path in source.files(root, CODE_FOLDERS, CODE_SUFFIXES):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > COLUMNS_MAX and not _RAW_LITERAL.match(line):
                yield f"{path.relative_to(root)}:{number}: {len(line)} columns"
            elif line != line.rstrip() or "\t" in line:
                yield f"{path.relative_to(root)}:{number}: a tab, or white space at the end"


def check_leftovers(root, _build=None):
    paths = source.files(root, TEXT_FOLDERS, TEXT_SUFFIXES)
    paths += [path for path in sorted(root.glob("*")) if path.is_file() and
              path.name.endswith(TEXT_SUFFIXES + ("Makefile",))]
    for path in paths:
        name = path.relative_to(root).as_posix()
        if name.startswith(_SELF):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if match := _LEFTOVER.search(line):
                yield f"{name}:{number}: {match.group(0)} is left over"


def check_names(root, _build=None):
    for file in source.cpp_sources(root):
        for part in file.path.split("/"):
            if _EMPTY_NAME.search(re.sub(r"\..*", "", part)):
                yield f"{file.path}:1: the name `{part}` does not say what it is"
        for match in _EMPTY_TYPE.finditer(file.code):
            yield (f"{file.path}:{source.line_of(file.code, match.start())}: the name "
                   f"`{match.group(1)}` does not say what it is")


def check_reasons(root, _build=None):
    for file in source.cpp_sources(root):
        if not file.is_header():
            continue
        if not re.match(r"// \S+( \S+){3,}", file.text):
            yield f"{file.path}:1: a header begins with a comment: why it exists, thread-safety"
        if not re.search(r"^#pragma once$", file.text, re.MULTILINE):
            yield f"{file.path}:1: no #pragma once"
