"""CHANGELOG.md keeps the form of keepachangelog.com, so that people and programs can read it."""

import re

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_RELEASE = re.compile(r"## \[(Unreleased|\d+\.\d+\.\d+)\](?: - (\d{4}-\d{2}-\d{2}))?$")


def _version(text):
    return tuple(int(part) for part in text.split("."))


def check_text(text):
    """(line, problem) of each departure from the form."""
    lines = text.splitlines()
    if not lines or lines[0] != "# Changelog":
        yield 1, "begins with `# Changelog`"
    releases = []
    in_kind = False
    for number, line in enumerate(lines, 1):
        if line.startswith("## "):
            in_kind = False
            match = _RELEASE.match(line)
            if match is None:
                yield number, "a release is `## [1.2.3] - 2020-01-31` or `## [Unreleased]`"
                continue
            name, date = match.groups()
            if (name == "Unreleased") == (date is not None):
                yield number, "a released version has a date, Unreleased has none"
            if name == "Unreleased" and releases:
                yield number, "Unreleased stands first"
            if name != "Unreleased":
                if any(r != "Unreleased" and _version(r) <= _version(name) for r in releases):
                    yield number, "the newest release stands first, each once"
            releases.append(name)
        elif line.startswith("### "):
            in_kind = True
            if line[4:] not in KINDS:
                yield number, f"a group is one of {', '.join(KINDS)}"
            if not releases:
                yield number, "a group belongs to a release"
        elif line.startswith("- ") and not in_kind:
            yield number, "an entry belongs to a group"
    if not releases:
        yield len(lines) or 1, "there is no release and no Unreleased"


def check(root, _build=None):
    path = root / "CHANGELOG.md"
    if not path.exists():
        yield "CHANGELOG.md:1: is missing"
        return
    for number, problem in check_text(path.read_text(encoding="utf-8")):
        yield f"CHANGELOG.md:{number}: {problem}"
