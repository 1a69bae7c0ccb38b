"""What the build really compiles: every source and test is in a target, every header compiles on
its own."""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import source

HEADER_SECONDS_MAX = 120


def _commands(build):
    return json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))


def _compiled(root, build):
    """Paths below the root that the build compiles."""
    paths = set()
    for entry in _commands(build):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(root):
            paths.add(path.relative_to(root).as_posix())
    return paths


def check_registered(root, build):
    """A test that exists is a test that runs, a source that exists is a source that is linked."""
    compiled = _compiled(root.resolve(), build)
    for path in source.files(root, ("src", "tests/unit", "tests/support"), (".cpp",)):
        name = path.relative_to(root).as_posix()
        if name not in compiled:
            yield f"{name}:1: no target compiles it"
        if name.startswith("tests/unit/") and not name.endswith("_test.cpp") and \
                re.search(r"\bTEST(?:_F|_P)?\(", path.read_text(encoding="utf-8")):
            yield f"{name}:1: has tests, but its name does not end in _test.cpp"
    for path in source.files(root, ("tests/integration", "tests/tidy"), (".py",)):
        name = path.relative_to(root).as_posix()
        if re.search(r"^(?: {4})?(?:async )?def test_", path.read_text(encoding="utf-8"),
                     re.MULTILINE) and not path.name.startswith("test_"):
            yield f"{name}:1: has tests, but its name does not start with test_"


def _first_includes(sources, compiled):
    """Headers that some compiled source includes before anything else: they compile on their own,
    or the build would have failed."""
    return {file.includes[0].target for file in sources
            if file.path in compiled and file.includes and file.includes[0].quoted}


def _flags(build):
    """The compiler, with the compiler cache in front of it, and what it needs to find every
    header: all include paths of the build."""
    commands = [shlex.split(entry["command"]) for entry in _commands(build)]
    compiler = next(word for word in commands[0] if re.search(r"\+\+[-\d.]*$", word))
    paths = sorted({word for words in commands for word in words if word.startswith("-I")})
    systems = sorted({after for words in commands for word, after in zip(words, words[1:])
                      if word == "-isystem"})
    paths += [word for path in systems for word in ("-isystem", path)]
    standard = [word for word in commands[0] if word.startswith("-std=")]
    cache = ["ccache"] if shutil.which("ccache") else []
    return [*cache, compiler, *standard, *paths, "-w"]


def _compile_header(flags, root, folder, header):
    """The first error, or None."""
    unit = folder / (header.replace("/", "__") + ".cpp")
    # Twice: without #pragma once that fails, too.
    unit.write_text(f'#include "{header}"\n#include "{header}"\n', encoding="utf-8")
    done = subprocess.run([*flags, "-c", str(unit), "-o", f"{unit}.o"], capture_output=True,
                          text=True, check=False, timeout=HEADER_SECONDS_MAX, cwd=folder,
                          env=os.environ | {"CCACHE_BASEDIR": str(root), "CCACHE_NOHASHDIR": "1"})
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    return None if done.returncode == 0 else (errors or ["does not compile"])[0]


def check_headers(root, build):
    """Only those are compiled here that no source includes first."""
    sources = source.cpp_sources(root)
    proven = _first_includes(sources, _compiled(root.resolve(), build))
    headers = [file.path for file in sources if file.is_header()]
    names = {path: path.removeprefix("src/").removeprefix("tests/") for path in headers}
    wanted = [path for path in headers if names[path] not in proven]
    if not wanted:
        return
    flags = [*_flags(build), f"-I{root / 'src'}", f"-I{root / 'tests'}"]
    folder = build / "headers"
    folder.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", os.cpu_count()))) as pool:
        problems = pool.map(lambda path: _compile_header(flags, root, folder, names[path]), wanted)
        for path, problem in zip(wanted, problems):
            if problem is not None:
                yield f"{path}:1: not self-contained: {problem}"
