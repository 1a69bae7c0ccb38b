"""Every decoder has a fuzz target, or a reason why not: tests/fuzz/decoders.txt names each once.

A decoder is a function of a header in src/ that is called Decode… or Parse…, or Read… and takes
text or bytes. A line of the table: `header function target`, where the target's source names the
function; `header function target by what it is reached through`; `header function - the reason`."""

import re

import source

TABLE = "tests/fuzz/decoders.txt"
_DECODER = re.compile(
    r"(?<!::)\b(?P<name>(?:Decode|Parse)\w*)\("
    r"|\b(?P<read>Read\w*)\(\s*std::(?:string_view|span<const)")
_LINE = re.compile(r"(?P<header>\S+) (?P<name>\w+) (?P<target>-|\w+)(?P<why> \S.*)?$")


def decoders(root):
    """(header, function) of each decoder that a header of src/ declares."""
    found = set()
    for header in source.cpp_sources(root, ("src",)):
        if header.is_header():
            for match in _DECODER.finditer(header.code):
                found.add((header.path, match["name"] or match["read"]))
    return found


def _judge(root, match):
    """What is wrong with a line of the table by itself; None: nothing."""
    target, why = match["target"], match["why"]
    if target == "-":
        return None if why else "needs a reason"
    program = root / f"tests/fuzz/{target}_fuzz.cpp"
    if not program.exists():
        return f"there is no target {target}"
    if re.search(rf"\b{match['name']}\(", program.read_text(encoding="utf-8")) is None \
            and not (why or "").startswith(" by "):
        return f"{target} does not name it: say `by …`"
    return None


def check(root, _build=None):
    wanted = decoders(root)
    path = root / TABLE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    named = set()
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            yield f"{TABLE}:{number}: is not `header function target`"
            continue
        decoder = (match["header"], match["name"])
        if decoder in named:
            yield f"{TABLE}:{number}: names {match['name']} twice"
        elif decoder not in wanted and (root / match["header"]).exists():
            yield f"{TABLE}:{number}: {match['header']} has no decoder {match['name']}"
        elif decoder in wanted and (problem := _judge(root, match)) is not None:
            yield f"{TABLE}:{number}: {match['name']}: {problem}"
        named.add(decoder)
    for header, name in sorted(wanted - named):
        yield f"{header}:1: {name} has neither a fuzz target nor a reason in {TABLE}"
