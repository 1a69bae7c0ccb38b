"""Linters, generated files, and names that must be those of the program."""

import re
import shutil
import subprocess

import pytest
import yaml

import chart
import golden
import programs
import values_reference

REFERENCE = chart.ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", golden.NAMES)
def test_helm_lint(helm, name):
    chart.run(helm, "lint", "./helm", "--strict", "--values", str(golden.CI / f"{name}.yaml"))


def test_yamllint(helm4, tmp_path):
    """The sources and what is rendered."""
    rendered = []
    for name in golden.NAMES:
        path = tmp_path / f"{name}.yaml"
        path.write_text(chart.run(helm4, "template", "coolkit", "./helm", "--values",
                                  str(golden.CI / f"{name}.yaml")), encoding="utf-8")
        rendered.append(path)
    sources = [chart.HELM / "Chart.yaml", chart.HELM / "values.yaml", chart.HELM / "files",
               *golden.CI.glob("*.yaml")]
    for rules, paths in ((
            "{extends: default, rules: {line-length: disable, document-start: disable, "
            "comments: {min-spaces-from-content: 1}, "
            "braces: {max-spaces-inside: 1}}}", sources), (
            # Helm's own toYaml does not indent lists, and templates leave lines with spaces.
            "{extends: default, rules: {line-length: disable, document-start: disable, "
            "indentation: disable, empty-lines: disable, trailing-spaces: disable, "
            "comments-indentation: disable}}", rendered)):
        done = subprocess.run([shutil.which("yamllint") or "yamllint", "--strict", "-d", rules,
                               *map(str, paths)], capture_output=True, text=True, timeout=120,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_shellcheck():
    """All shell scripts of the repository."""
    known = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=chart.ROOT,
                           capture_output=True, text=True, check=False).stdout.splitlines()
    scripts = []
    for name in known:
        path = chart.ROOT / name
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                if re.match(rb"#!.*\b(?:ba)?sh\b", file.readline()):
                    scripts.append(name)
    assert scripts or not known
    if scripts:
        done = subprocess.run(["shellcheck", "--severity=warning", *scripts], cwd=chart.ROOT,
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_generated_from_the_values_is_up_to_date():
    for path, content in values_reference.wanted().items():
        assert path.read_text(encoding="utf-8") == content, \
            f"{path.name}: tests/helm/values_reference.py --write"


def test_every_value_is_described():
    values = yaml.safe_load((chart.HELM / "values.yaml").read_text(encoding="utf-8"))
    described = {path for path, _ in
                 values_reference.notes((chart.HELM / "values.yaml").read_text(encoding="utf-8"))}

    def leaves(at, path=""):
        for key, one in at.items():
            full = f"{path}.{key}" if path else key
            if isinstance(one, dict) and one and full not in described:
                yield from leaves(one, full)
            else:
                yield full
    plain = re.compile(r"^probes\.|^cloudSql\.authProxy\.resources")
    missing = [path for path in leaves(values) if path not in described and not plain.match(path)]
    assert not missing, missing


def test_every_value_is_used():
    text = "".join(path.read_text(encoding="utf-8") for path in chart.HELM.rglob("templates/**/*")
                   if path.is_file())
    for path, _ in values_reference.notes((chart.HELM / "values.yaml").read_text("utf-8")):
        if not path.startswith("alerts.thresholds."):
            assert re.search(rf"\b{path.rpartition('.')[2]}\b", text), path


def test_the_examples_of_the_readme_render(helm4, tmp_path):
    text = (chart.HELM / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)
    examples = re.split(r"^# \d\. .*\n", block, flags=re.MULTILINE)[1:]
    assert len(examples) == 4
    for example in examples:
        path = tmp_path / "values.yaml"
        path.write_text(example, encoding="utf-8")
        assert chart.objects(helm4, None, "--values", str(path)).of("Deployment", "coolkit")


def test_every_setting_that_the_chart_sets_exists(helm4):
    documented = set()
    for page in ("settings.md", "scaler.md"):
        documented |= set(re.findall(r"`([A-Z][A-Z_]+)`", (REFERENCE / page).read_text("utf-8")))
    documented |= {"POD_NAME", "POD_IP"}
    for name in golden.NAMES:
        objects = chart.parse((golden.GOLDEN / f"{name}.yaml").read_text(encoding="utf-8"))
        for one in objects:
            if one["kind"] == "Deployment":
                for container in one["spec"]["template"]["spec"]["containers"]:
                    unknown = set(chart.variables(container)) - documented
                    assert not unknown, (name, unknown)


@pytest.mark.skipif(programs.promtool() is None, reason="promtool is not installed")
@pytest.mark.parametrize("name", ["minimal", "gke", "load"])
def test_promtool_accepts_the_rules(helm4, tmp_path, name):
    objects = chart.parse(chart.run(helm4, "template", "coolkit", "./helm", "--values",
                                    str(golden.CI / f"{name}.yaml")))
    rules = next(one for one in objects if one["kind"] in ("PrometheusRule", "Rules"))
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(rules["spec"]), encoding="utf-8")
    done = subprocess.run([programs.promtool(), "check", "rules", str(path)], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
