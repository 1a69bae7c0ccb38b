#!/usr/bin/env python3
"""The golden renders: one of each file of helm/ci, in golden/. `golden.py --write` writes them.

What comes out of helm/files (alerts, dashboards) is not in them: it has tests of its own."""

import pathlib
import re
import sys

import chart
import programs

CI = chart.HELM / "ci"
GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
LEFT_OUT = ("alerts.yaml", "dashboards.yaml")
NAMES = sorted(path.stem for path in CI.glob("*.yaml"))


def render(helm, name):
    text = chart.run(helm, "template", "coolkit", "./helm", "--namespace", "production",
                     "--kube-version", "1.33.0", "--values", str(CI / f"{name}.yaml"))
    kept = []
    for document in re.split(r"^---\n", text, flags=re.MULTILINE):
        source = re.match(r"# Source: coolkit/templates/(\S+)\n", document)
        if document.strip() and not (source and source.group(1) in LEFT_OUT):
            kept.append(document)
    return "---\n" + "---\n".join(kept)


def main():
    helm = programs.helm("helm4") or sys.exit("no Helm can be had")
    for name in NAMES:
        (GOLDEN / f"{name}.yaml").write_text(render(helm, name), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    main()
