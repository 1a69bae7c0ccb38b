"""The alerts of helm/files/alerts.yaml: with the chart's defaults in their placeholders, and with
all times shortened for tests on real processes."""

import re

import pod as pods

ALERTS = pods.ROOT / "helm" / "files" / "alerts.yaml"
PLACEHOLDER = re.compile(r"\[\[(\w+)\]\]")
_THRESHOLD = re.compile(r"^#   \[\[(\w+)\]\] +([\d.]+) ", re.MULTILINE)
_WINDOW = re.compile(r"\[(\d+)([smhd])\]")
_FOR = re.compile(r"^( +for: )(\d+)([smhd])$", re.MULTILINE)
QUARTER_HOUR = 900
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
VALUES = {
    "namespace": "production", "fullname": "coolkit", "hpa": "keda-hpa-coolkit", "job": "coolkit",
    "workload": "coolkit", "minReplicas": 10, "maxReplicas": 100, "targetValue": 1,
    "databaseConnections": 400, "maxStalenessSeconds": 0.25,
    "runbookUrl": "https://github.com/example/coolkit/blob/main/docs/runbook",
}


def thresholds():
    """Name -> default, of the list at the top of the file."""
    return dict(_THRESHOLD.findall(ALERTS.read_text(encoding="utf-8")))


def rendered(**values):
    """The rules as YAML, as the chart renders them."""
    known = VALUES | thresholds() | values
    return PLACEHOLDER.sub(lambda match: str(known[match.group(1)]),
                           ALERTS.read_text(encoding="utf-8"))


def shortened(text, window_seconds, for_seconds):
    """Rules that look back, and wait, for at most so long; three times as long where it was a
    quarter of an hour or more."""

    def window(match):
        seconds = int(match.group(1)) * _SECONDS[match.group(2)]
        limit = window_seconds * (3 if seconds >= QUARTER_HOUR else 1)
        return f"[{min(seconds, limit)}s]"

    def wait(match):
        seconds = int(match.group(2)) * _SECONDS[match.group(3)]
        return f"{match.group(1)}{min(seconds, for_seconds)}s"

    return _FOR.sub(wait, _WINDOW.sub(window, text))
