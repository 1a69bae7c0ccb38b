"""The commands of docs/runbook.md: those for one machine, which test_runbook.py runs, and those for
a cluster, which the test on a control plane runs."""

import re

import pod as pods

RUNBOOK = pods.ROOT / "docs" / "runbook.md"
_BLOCK = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"<([A-Z_]+)>")


def blocks():
    """(section, info string, text) of each, in the order of the page."""
    text = RUNBOOK.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        section = re.findall(r"^##+ (.*)$", text[:match.start()], re.MULTILINE)[-1]
        yield section, (match.group(1) + match.group(2)).strip(), match.group(3)


def commands(info):
    """(section, command) of the blocks with that info string; lines that go on are one command."""
    found = []
    for section, kind, text in blocks():
        if kind != info:
            continue
        command = ""
        for line in text.splitlines():
            command += line + "\n"
            if not line.endswith(("\\", "|")):
                found.append((section, command.strip()))
                command = ""
        assert not command, f"a command of {section} does not end"
    return found


def machine_commands():
    return commands("sh")


def cluster_commands(**places):
    """`places`: what stands for <IMAGE_SHA>, <DATABASE_URL> and <POD>; others are left as they
    are. Run them with bash, in order, from the repository's root."""
    return [(section, _PLACE.sub(lambda match: places.get(match.group(1), match.group(0)), command))
            for section, command in commands("sh cluster")]
