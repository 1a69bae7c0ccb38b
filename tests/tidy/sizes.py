"""Sizes: headers, sources and functions stay small enough to read. What was too big once stands in
tools/tidy/ratchet.txt (`<what> <number>`) with the size it may still have, which only shrinks."""

import re
import subprocess

import source

HEADER_LINES_MAX = 250
SOURCE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
RATCHET = "tools/tidy/ratchet.txt"

_CLASS = re.compile(r"^(?:template\s*<.*>\s*)?(?:typedef\s+|inline\s+|static\s+|constexpr\s+)*"
                    r"(?:class|struct|union|enum)\b", re.DOTALL)
_NAMESPACE = re.compile(r"^(?:inline\s+)?namespace\b|^extern\b\s*$")
_NAME = re.compile(r"([~\w:]+|operator\s*\S+)\s*(?:<[^<>()]*>)?\s*\(")


def functions(code):
    """(name, first line, number of lines) of every function body in code without comments and
    literals. A lambda counts with the function around it."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code,
                  flags=re.MULTILINE | re.DOTALL)
    stack = []  # (kind, name, offset of the head)
    head = 0
    for match in re.finditer(r"[{};]", code):
        char, offset = match.group(0), match.start()
        if char == "{":
            text = code[head:offset].strip()
            text = re.sub(r"^(?:public|private|protected)\s*:\s*", "", text)
            inside = bool(stack) and stack[-1][0] in ("function", "block")
            if inside:
                kind = "block"
            elif re.search(r"[\w>]$", code[head:offset]):
                kind = "value"  # a_{1}: clang-format puts a space before any other brace
            elif _NAMESPACE.search(text):
                kind = "scope"
            elif _CLASS.search(text):
                kind = "scope"
            elif "(" in text and not re.search(r"=\s*$", text):
                kind = "function"
            else:
                kind = "block"
            name = _NAME.search(text)
            start = head + len(code[head:offset]) - len(code[head:offset].lstrip())
            stack.append((kind, name.group(1) if name else "?", start))
            if kind == "value":
                continue
        elif char == "}" and stack:
            kind, name, start = stack.pop()
            if kind == "value":
                continue
            if kind == "function":
                first = source.line_of(code, start)
                yield name, first, source.line_of(code, offset) - first + 1
        head = offset + 1


def _measure(root):
    """(what, number, limit) of everything that has a limit."""
    for file in source.cpp_sources(root):
        yield (file.path, len(file.lines),
               HEADER_LINES_MAX if file.is_header() else SOURCE_LINES_MAX)
        for name, _, count in functions(file.code):
            yield f"{file.path}::{name}", count, FUNCTION_LINES_MAX


def parse_ratchet(text):
    entries = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line:
            what, number = line.rsplit(maxsplit=1)
            entries[what] = int(number)
    return entries


def _git(root, *arguments):
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True,
                          check=False)
    return done.stdout if done.returncode == 0 else ""


def _growth(root, entries):
    """What the ratchet allows now and did not at some earlier commit."""
    for commit in _git(root, "log", "--format=%H", "--", RATCHET).split():
        earlier = parse_ratchet(_git(root, "show", f"{commit}:{RATCHET}"))
        for what, number in entries.items():
            if number > earlier.get(what, 0):
                yield f"{RATCHET}:1: {what} {number}: grew since {commit[:12]}; it only shrinks"


def check(root, _build=None):
    path = root / RATCHET
    entries = parse_ratchet(path.read_text(encoding="utf-8")) if path.exists() else {}
    largest = {}
    for what, number, limit in _measure(root):
        if number > limit:
            largest[what] = max(number, largest.get(what, 0))
    for what, number in sorted(largest.items()):
        if what not in entries:
            yield f"{what.split('::')[0]}:1: {what} has {number} lines: too many"
        elif number > entries[what]:
            yield f"{what.split('::')[0]}:1: {what} grew to {number} lines from {entries[what]}"
    for what, number in entries.items():
        if largest.get(what, 0) < number:
            now = largest.get(what, "few enough")
            yield f"{RATCHET}:1: {what} {number}: has {now} now, lower it"
    yield from sorted(set(_growth(root, entries)))
