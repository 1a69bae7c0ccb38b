"""`coolkit bench` against real pods, its histories judged by `coolkit check`."""

import json
import signal
import subprocess
import xml.etree.ElementTree

import pytest

import pod as pods

DONE, VIOLATIONS, USAGE, FAILURE = 0, 1, 2, 3
EVERYTHING = ("get=60,head=2,strong=5,session=10,put=10,delete=4,patch=3,batch-get=3,"
              "batch-put=3")


@pytest.fixture
def bench(coolkit):
    """Runs a load to its end; gives its JSON report."""

    def run(*arguments):
        done = coolkit("bench", "--quiet", "--json", *arguments)
        assert done.returncode == DONE, done.stderr.decode()
        return json.loads(done.stdout)

    return run


@pytest.fixture
def check(coolkit):
    """Judges histories; gives the exit status and the JSON report."""

    def run(*arguments):
        done = coolkit("check", "--json", *map(str, arguments))
        assert done.returncode in (DONE, VIOLATIONS), done.stderr.decode()
        return done.returncode, json.loads(done.stdout)

    return run


def test_one_pod_keeps_its_promises(pod, bench, check, tmp_path):
    history = tmp_path / "run.history"
    load = bench("--target", pod.url, "--preload", "--keys", "300", "--mix", EVERYTHING,
                 "--rate", "3000", "--duration", "1s", "--ttl", "400ms", "--history",
                 str(history), "--svg", str(tmp_path / "run.svg"),
                 "--report", str(tmp_path / "run.json"))
    assert load["answers"] + load["failed"] + load["unsent"] == 3000
    # A patch may lose its race too often, which is an answer like another.
    assert load["failures"] == {} and load["failed"] == load["statuses"].get("503", 0) < 50, load
    assert set(load["calls"]) == {part.split("=")[0] for part in EVERYTHING.split(",")}
    assert 0 < load["hits"] <= load["reads"]
    assert json.loads((tmp_path / "run.json").read_text()) == load
    picture = xml.etree.ElementTree.parse(tmp_path / "run.svg").getroot()
    assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) >= 5

    status, report = check(history)
    assert (status, report["violations"]) == (DONE, [])
    assert report["operations"] == load["recorded"]
    assert report["keys"] == 300
    assert all(report["checked"][what] > 50 for what in
               ("bounded_reads", "session_reads", "strong_reads", "writes"))
    assert report["not_seen"]["keys_not_read_back"] == 0


def test_two_pods_on_one_file_keep_theirs(start_pod, bench, check, tmp_path):
    pods_on_it = [start_pod(database_url=f"sqlite:{tmp_path}/both.db") for _ in range(2)]
    targets = [word for pod in pods_on_it for word in ("--target", pod.url)]
    histories = []
    for seed, law in (("1", "zipf"), ("2", "hotspot:0.5:2")):
        # The second load finds what the first one wrote: they are judged together.
        histories.append(tmp_path / f"{seed}.history")
        bench(*targets, "--random-target", "--keys", "50", "--key-law", law, "--seed", seed,
              "--mix", "get=60,session=15,strong=5,put=15,delete=5", "--rate", "1500",
              "--duration", "1s", "--history", str(histories[-1]))
    status, report = check(*histories)
    assert (status, report["violations"]) == (DONE, [])
    assert report["checked"]["session_reads"] > 200
    # Nothing is proven by reads that never meet a write under way.
    assert report["staleness_seen_ms"] > 0


def planted(lines, change):
    """The lines with one read changed: the first that `change` accepts, from behind."""
    for i in range(len(lines) - 1, -1, -1):
        line = dict(lines[i])
        if line["outcome"] == "ok" and line["kind"] == "get" and change(line):
            return lines[:i] + [line] + lines[i + 1:]
    raise AssertionError("no operation fits")


def test_planted_violations_are_found(pod, bench, check, coolkit, tmp_path):
    history, exported = tmp_path / "run.history", tmp_path / "run.jsonl"
    bench("--target", pod.url, "--preload", "--keys", "20", "--mix", "get=70,session=10,put=20",
          "--rate", "2000", "--duration", "1s", "--history", str(history))
    assert check(history, "--export", exported)[0] == DONE
    lines = [json.loads(line) for line in exported.read_text().splitlines()]
    first = {line["key"]: line for line in reversed(lines) if line["kind"] == "put"}
    begin = min(line["start_ns"] for line in lines)

    def older(wanted):
        def change(line):
            if not wanted(line) or line["version"] == first[line["key"]]["version"]:
                return False
            line.update({name: first[line["key"]][name] for name in ("version", "digest")})
            return True
        return change

    def other_value(line):
        line["digest"] = "00000000000000ff"
        return True

    def unwritten(line):
        line.update(version=str(int(line["version"]) + 1), digest="00000000000000ff")
        return True

    def late(line):
        return line["start_ns"] > begin + 700_000_000

    kinds = {
        "lost_write": older(lambda line: line.get("strong")),
        "stale_read": older(lambda line: late(line) and "strong" not in line and
                            "given" not in line),
        "wrong_value": other_value,
        "nobody_wrote": unwritten,
    }
    for fault, change in kinds.items():
        changed = tmp_path / f"{fault}.jsonl"
        changed.write_text("".join(json.dumps(line) + "\n" for line in planted(lines, change)))
        status, report = check(changed)
        assert (status, report["violations_by_fault"]) == (VIOLATIONS, {fault: 1})
        text = coolkit("check", str(changed)).stdout.decode()
        assert f"({fault}), key bench/k0000" in text
        assert "1 violations" in text


def test_a_killed_pod_leaves_unknown_outcomes_and_no_violation(start_pod, check, tmp_path):
    pod = start_pod()
    history = tmp_path / "run.history"
    process = subprocess.Popen(
        [str(pods.binary()), "bench", "--json", "--target", pod.url, "--keys", "100", "--mix",
         "get=50,put=50", "--duration", "2s", "--timeout", "1s", "--history", str(history)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while "load" not in process.stderr.readline():
        assert process.poll() is None
    pod.kill()
    output, _ = process.communicate(timeout=30)
    load = json.loads(output)
    assert process.returncode == DONE
    assert load["failures"]["connect"] > 0
    # What the kernel still accepts while the process dies may be closed once more.
    assert 0 < load["failures"]["closed"] <= 128
    status, report = check(history)
    assert (status, report["violations"]) == (DONE, [])
    assert report["not_seen"]["unknown_writes"] > 0
    assert report["not_seen"]["keys_not_read_back"] > 0


def test_interrupted_it_reports(pod):
    process = subprocess.Popen(
        [str(pods.binary()), "bench", "--target", pod.url, "--keys", "10", "--duration", "60s"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while "load" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=15)
    assert process.returncode == DONE
    assert "(interrupted)" in output
    assert "again to end at once" in errors


def test_recorded_traces(pod, bench):
    trace = pods.ROOT / "tests/data/web12.trace.xz"
    load = bench("--target", pod.url, "--trace", str(trace), "--calls", "2000", "--mix", "get=1")
    assert (load["keys"], load["answers"]) == (13_756, 2000)


def test_what_is_wrong_is_said(coolkit, tmp_path):
    for flags, said in [(["--rate", "0"], b"--rate"), (["--mix", "got=1"], b"'got=1'"),
                        (["--key-law", "pareto"], b"zipf"), (["--value-bytes", "9-3"], b"9-3"),
                        (["--history", "/x", "--value-bytes", "3"], b"at least 16"),
                        (["--trace", "/none"], b"/none"),
                        (["--target", "ftp://x"], b"service URL"),
                        (["--collection", "Upper"], b"collection")]:
        done = coolkit("bench", *flags)
        assert (done.returncode, done.stdout) == (USAGE, b""), done.stderr
        assert said in done.stderr
    done = coolkit("bench", "--target", "http://127.0.0.1:1", "--duration", "100ms", "--quiet")
    assert done.returncode == FAILURE
    assert b"nothing was answered" in done.stderr
    cut = tmp_path / "cut.history"
    cut.write_bytes(b"coolhist\x01\r\n\x1a")
    assert coolkit("check", str(cut)).returncode == USAGE
    assert coolkit("check", "--cut-off", str(cut)).returncode == DONE
    assert coolkit("check").returncode == USAGE
    assert coolkit("check", str(tmp_path / "none")).returncode == USAGE
