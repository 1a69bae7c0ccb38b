"""The real binary's command line: client commands, migrate, completion, refused settings."""

import base64
import json
import os
import signal
import socket
import subprocess
import textwrap
import time

import pytest

import pod as pods

DONE, NEGATIVE, USAGE, FAILURE = 0, 1, 2, 3

ODD_KEYS = ["plain", "a/b//c/", "100%", "%2F", "a b+c", "ä€😀", "x?y#z&=:@!", "-dash", "--help",
            "x:batchGet", "quote\"'", "tab\tnew\nline", "~._-", "k" * 512]


@pytest.fixture
def cli(pod, coolkit):
    """Runs a client command against `pod`."""

    def run(command, *arguments, **options):
        # Each command is a client of its own, which may be shown what was there --max-staleness
        # ago: reads that follow a write ask the database.
        strong = ["--strong"] if command == "get" else []
        return coolkit(command, "--url", pod.url, *strong, *arguments, **options)

    return run


def environment(**changes):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("COOLKIT_", "DATABASE_", "FEED_", "KUBERNETES_", "POD_"))}
    return kept | changes


def silent_server():
    """A port where connections are taken and nothing is ever answered."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


# The client

@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_arrives(cli, client, collection, key):
    name = f"{collection}/{key}"
    assert cli("put", "--", name, "v").returncode == DONE
    listed = client.get(f"/v1/kv/{collection}").json()["items"]
    assert [item["key"] for item in listed] == [key]
    assert cli("get", "--", name).stdout == b"v"
    assert cli("ls", collection, "--json").stdout.count(b"\n") == 1
    assert cli("ls", collection, f"--prefix={key[:3]}").stdout != b""
    assert cli("del", "--", name).returncode == DONE
    assert cli("get", "--", name).returncode == NEGATIVE


def test_a_key_that_can_not_be(cli, collection):
    for key in ["..", "a/./b", "k" * 513]:
        result = cli("put", f"{collection}/{key}", "v")
        assert result.returncode == USAGE
        assert b"(invalid_key)" in result.stderr
    result = cli("put", "Upper/k", "v")
    assert result.returncode == USAGE
    assert b"(invalid_collection)" in result.stderr


@pytest.mark.parametrize("value", [b"", b"text", b"\x00\xff\r\n\x80", b"{}", b"[1,2]", b"\n",
                                   bytes(range(256)) * 4096])
def test_values_are_bytes(cli, collection, tmp_path, value):
    name = f"{collection}/k"
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(value)
    for arguments, given in [(["-"], value), ([], value), ([f"@{source}"], None)]:
        assert cli("put", name, *arguments, input=given).returncode == DONE
        result = cli("get", name)
        assert (result.returncode, result.stdout, result.stderr) == (DONE, value, b"")
        assert cli("del", name).returncode == DONE
    cli("put", name, f"@{source}")
    result = cli("get", name, "-o", str(target))
    assert (result.returncode, result.stdout) == (DONE, b"")
    assert target.read_bytes() == value


def test_words_are_values(cli, collection):
    for value in ["{}", "[1]", "get", "serve", "++", "", "a,b", "\"x\""]:
        assert cli("put", f"{collection}/k", value).returncode == DONE
        assert cli("get", f"{collection}/k").stdout == value.encode()
    assert cli("put", f"{collection}/k", "--", "-5").returncode == DONE
    assert cli("get", f"{collection}/k").stdout == b"-5"
    assert cli("put", f"{collection}/k", "-5").returncode == USAGE


def test_json_for_scripts(cli, collection):
    name = f"{collection}/k"
    put = json.loads(cli("put", name, "ä\n", "--json", "--ttl", "1h",
                         "--content-type", "text/plain").stdout)
    assert put["created"] is True
    got = json.loads(cli("get", name, "--json").stdout)
    assert 3_500_000 < got.pop("ttl_ms") <= 3_600_000
    assert got == {"key": "k", "version": put["version"], "content_type": "text/plain",
                   "text": "ä\n"}
    again = json.loads(cli("put", name, "-", "--json", input=b"\xff").stdout)
    assert again["created"] is False
    assert int(again["version"]) > int(put["version"])
    got = json.loads(cli("get", name, "--json").stdout)
    assert base64.b64decode(got["base64"]) == b"\xff"
    assert "ttl_ms" not in got
    deleted = json.loads(cli("del", name, "--json").stdout)
    assert int(deleted["version"]) > int(again["version"])


def test_preconditions(cli, collection):
    name = f"{collection}/k"
    version = json.loads(cli("put", name, "1", "--if-none-match", "*", "--json").stdout)["version"]
    result = cli("put", name, "2", "--if-none-match", "*")
    assert result.returncode == NEGATIVE
    assert result.stderr.startswith(b"coolkit put: ")
    assert result.stderr.endswith(b" (precondition_failed)\n")
    assert cli("put", name, "2", "--if-match", "1").returncode == NEGATIVE
    assert cli("del", name, "--if-match", "1").returncode == NEGATIVE
    assert cli("put", name, "2", "--if-match", version).returncode == DONE
    assert cli("put", name, "3", "--if-match", "*").returncode == DONE
    assert cli("put", name, "4", "--if-match", f'"{version}"').returncode == NEGATIVE
    assert cli("get", name).stdout == b"3"
    assert cli("del", name).returncode == DONE
    assert cli("del", name).returncode == NEGATIVE


def test_time_to_live(cli, collection):
    name = f"{collection}/k"
    assert cli("put", name, "v", "--ttl", "1ms").returncode == DONE
    deadline = time.monotonic() + 5
    while cli("get", name).returncode == DONE:
        assert time.monotonic() < deadline
    result = cli("put", name, "v", "--ttl", "1.5s")
    assert result.returncode == USAGE
    assert b"(invalid_ttl)" in result.stderr


def test_ls_follows_pages(cli, client, collection):
    keys = [f"p/{n:05}" for n in range(2300)]
    for start in range(0, len(keys), 1000):
        items = [{"key": key, "text": f"v{key}"} for key in keys[start:start + 1000]]
        answer = client.post(f"/v1/kv/{collection}:batchWrite", json={"items": items})
        assert answer.status_code == 200
    client.put(f"/v1/kv/{collection}/other", content=b"\xff")
    listed = cli("ls", collection).stdout.decode().splitlines()
    assert listed == ["other", *keys]
    assert cli("ls", collection, "--prefix", "p/").stdout.decode().splitlines() == keys
    assert cli("ls", collection, "--prefix", "q").stdout == b""
    with_values = cli("ls", collection, "--values").stdout.decode().splitlines()
    assert with_values == ["other\t/w==", *[f"{key}\tv{key}" for key in keys]]
    items = [json.loads(line) for line in cli("ls", collection, "--json").stdout.splitlines()]
    assert [item["key"] for item in items] == ["other", *keys]
    assert all(item["version"].isdigit() for item in items)


def test_verbose_shows_heads_beside_the_value(cli, collection):
    cli("put", f"{collection}/k", "v")
    result = cli("get", f"{collection}/k", "-v")
    assert result.stdout == b"v"
    shown = result.stderr.decode().splitlines()
    assert shown[0] == f"> GET /v1/kv/{collection}/k"
    assert "> Cache-Control: no-cache" in shown
    assert "< 200" in shown
    assert any(line.startswith("< cache-status: ") for line in shown)


def test_the_url_may_be_a_variable(pod, coolkit, collection):
    here = environment(COOLKIT_URL=pod.url + "/", COOLKIT_TIMEOUT="5s")
    assert coolkit("put", f"{collection}/k", "v", environment=here).returncode == DONE
    assert coolkit("get", f"{collection}/k", "--strong", environment=here).stdout == b"v"
    nowhere = environment(COOLKIT_URL="http://127.0.0.1:1")
    assert coolkit("get", f"{collection}/k", environment=nowhere).returncode == FAILURE
    won = coolkit("get", "--strong", "--url", pod.url, f"{collection}/k", environment=nowhere)
    assert won.stdout == b"v"


def test_no_server(coolkit):
    result = coolkit("get", "c/k", "--url", "http://127.0.0.1:1")
    assert result.returncode == FAILURE
    assert b"can't connect to 127.0.0.1:1" in result.stderr


def test_no_answer_in_time(coolkit):
    listener, url = silent_server()
    with listener:
        result = coolkit("get", "c/k", "--url", url, "--timeout", "200ms")
        assert result.returncode == FAILURE
        assert b"in time" in result.stderr
        assert b"unknown" not in result.stderr
        result = coolkit("put", "c/k", "v", "--url", url, "--timeout", "200ms")
        assert result.returncode == FAILURE
        assert b"whether it took effect is unknown" in result.stderr


@pytest.mark.parametrize("flags, expected", [
    (["--url", "https://h"], "--url: 'https://h' is not allowed: https is not supported"),
    (["--url", "h:80"], "http://HOST"),
    (["--timeout", "0"], "--timeout: '0' is not allowed"),
    (["--timeout", "2h"], "at most 1h"),
])
def test_wrong_client_flags(coolkit, flags, expected):
    result = coolkit("get", "c/k", *flags)
    assert result.returncode == USAGE
    assert expected in result.stderr.decode()


def test_credentials_in_a_url_are_not_shown(coolkit):
    result = coolkit("get", "c/k", "--url", "http://user:hunter2@h")
    assert result.returncode == USAGE
    assert b"hunter2" not in result.stderr


def test_a_full_disk_is_a_failure(pod, collection):
    name = f"{collection}/k"
    binary = str(pods.binary())
    subprocess.run([binary, "put", name, "v", "--url", pod.url], check=True)
    with open("/dev/full", "wb") as full:
        result = subprocess.run([binary, "get", name, "--url", pod.url], stdout=full,
                                stderr=subprocess.PIPE, check=False, timeout=30)
    assert result.returncode == FAILURE
    assert b"can't write standard output" in result.stderr
    result = subprocess.run([binary, "get", name, "--url", pod.url, "-o", "/dev/full"],
                            stderr=subprocess.PIPE, check=False, timeout=30)
    assert result.returncode == FAILURE
    assert b"/dev/full" in result.stderr


# Help and completion

def test_help_is_there_without_asking(coolkit):
    plain = coolkit()
    assert plain.returncode == DONE
    assert plain.stdout == coolkit("--help").stdout == coolkit("help").stdout
    commands = [line.split()[0] for line in
                plain.stdout.decode().split("Commands\n")[1].split("\n\n")[0].splitlines()]
    assert {"serve", "migrate", "get", "put", "del", "ls", "version", "completion"} <= set(commands)
    for command in commands:
        page = coolkit(command, "--help")
        assert page.returncode == DONE
        assert page.stdout == coolkit("help", command).stdout
        assert f"Usage: coolkit {command}".encode() in page.stdout


def test_version(coolkit):
    version = json.loads(coolkit("version", "--json").stdout)
    shown = f"coolkit {version['version']} ({version['revision']})\n".encode()
    assert coolkit("--version").stdout == coolkit("version").stdout == shown


@pytest.mark.parametrize("arguments", [["bogus"], ["serve", "--lisen", "x"], ["get"],
                                       ["put", "c/k", "v", "w"], ["serve", "--listen"],
                                       ["completion", "tcsh"]])
def test_wrong_usage(coolkit, arguments):
    result = coolkit(*arguments)
    assert (result.returncode, result.stdout) == (USAGE, b"")
    assert result.stderr.startswith(b"coolkit: ")
    assert b"--help" in result.stderr


def complete(coolkit, line, cwd):
    """What bash offers at the end of `line`, split into words as bash does it."""
    script = textwrap.dedent("""
        set -u
        source "$1"
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(( $# - 1 ))
        _coolkit
        printf '%s\\n' "${COMPREPLY[@]}"
    """)
    (cwd / "completion.bash").write_bytes(coolkit("completion", "bash").stdout)
    words = []
    for word in line.split(" "):
        name, equals, value = word.partition("=")
        words += [name, equals, value] if equals and value else [name, equals] if equals else [name]
    result = subprocess.run(["bash", "-c", script, "bash", "completion.bash", *words], cwd=cwd,
                            capture_output=True, check=True, timeout=30)
    # Outside of a completion `compopt` can only complain, and is told not to.
    assert result.stderr == b""
    return sorted(word for word in result.stdout.decode().splitlines() if word)


def test_completion_in_bash(coolkit, tmp_path):
    (tmp_path / "file one.json").touch()
    (tmp_path / "other").touch()
    assert complete(coolkit, "coolkit se", tmp_path) == ["serve"]
    assert "docs" not in complete(coolkit, "coolkit ", tmp_path)
    assert complete(coolkit, "coolkit serve --log-", tmp_path) == ["--log-format", "--log-level"]
    assert complete(coolkit, "coolkit serve --log-format ", tmp_path) == ["auto", "json", "text"]
    assert complete(coolkit, "coolkit serve --log-format=", tmp_path) == ["auto", "json", "text"]
    assert complete(coolkit, "coolkit serve --log-format=t", tmp_path) == ["text"]
    assert complete(coolkit, "coolkit serve --threads ", tmp_path) == []
    assert complete(coolkit, "coolkit serve --port-file f", tmp_path) == ["file one.json"]
    assert complete(coolkit, "coolkit get -o oth", tmp_path) == ["other"]
    assert complete(coolkit, "coolkit put c/k @f", tmp_path) == ["@file one.json"]
    assert complete(coolkit, "coolkit migrate st", tmp_path) == ["status"]
    assert complete(coolkit, "coolkit completion ", tmp_path) == ["--help", "bash", "fish", "zsh"]


def test_completion_knows_every_flag(coolkit, tmp_path):
    for command in ["serve", "migrate", "get", "put", "del", "ls", "version"]:
        page = coolkit(command, "--help").stdout.decode()
        shown = {word.rstrip(",") for line in page.split("\nExamples")[0].splitlines()
                 if line.startswith("  -") for word in line.split("  ")[1].split(" ")
                 if word.startswith("--")}
        assert set(complete(coolkit, f"coolkit {command} --", tmp_path)) == shown


# Settings of serve

@pytest.mark.parametrize("variables, flags, expected", [
    ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, [], "DATABASE_URL is not set"),
    ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "DATABASE_URL": "sqlite:x.db"}, [],
     "DATABASE_URL is a SQLite file"),
    ({}, ["--peers", "dns:coolkit-headless"], "DATABASE_URL is not set"),
    ({"COOLKIT_PEERS": "10.0.0.1:8080,10.0.0.2:8080"}, [], "DATABASE_URL is not set"),
    ({"DATABASE_URL": "postgres://u:hunter2@h/db?pooler=session"}, [],
     "DATABASE_URL: pooler=… of the database URL must be transaction or none"),
    ({"DATABASE_URL": "cloudsql://p:r:i/db?password=hunter2"}, [], "needs ?user="),
    ({"DATABASE_URL": "hunter2"}, [], "DATABASE_URL: the value (not shown)"),
    ({}, ["--database-url", "mysql://u:hunter2@h"], "--database-url: the value (not shown)"),
    ({"DATABASE_URL": "sqlite:hunter2", "DATABASE_URL_FILE": "/x"}, [], "are both set"),
    ({"DATABASE_URL_FILE": "/nowhere"}, [], "DATABASE_URL_FILE: can't read '/nowhere'"),
    ({"COOLKIT_MAX_STALENESS": "0"}, [], "COOLKIT_MAX_STALENESS: '0' is not allowed"),
    ({}, ["--threads", "many"], "--threads: 'many' is not allowed; allowed is a whole number"),
    ({}, ["--databse-url=postgres://u:hunter2@h"], "did you mean --database-url?"),
])
def test_settings_that_are_refused(coolkit, tmp_path, variables, flags, expected):
    result = coolkit("serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", *flags,
                     environment=environment(**variables), cwd=tmp_path)
    assert (result.returncode, result.stdout) == (USAGE, b"")
    assert expected in result.stderr.decode()
    assert b"hunter2" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_database_url_may_come_as_a_file(tmp_path):
    (tmp_path / "url").write_text("sqlite:from-file.db\n")
    process = subprocess.Popen(
        [str(pods.binary()), "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
         "--port-file", "ports.json"], cwd=tmp_path, stderr=subprocess.PIPE,
        env=environment(DATABASE_URL_FILE=str(tmp_path / "url")))
    try:
        deadline = time.monotonic() + 20
        while not (tmp_path / "ports.json").exists():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        ports = json.loads((tmp_path / "ports.json").read_text())
        assert set(ports) == {"listen", "ops_listen"}
        assert all(int(address.rsplit(":", 1)[1]) > 0 for address in ports.values())
        assert (tmp_path / "from-file.db").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == DONE
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_port_that_is_taken(pod, coolkit, tmp_path):
    taken = pod.url.removeprefix("http://")
    result = coolkit("serve", "--listen", taken, "--ops-listen", "127.0.0.1:0", cwd=tmp_path,
                     environment=environment())
    assert result.returncode not in (DONE, USAGE)
    assert taken.encode() in result.stderr


# migrate

def test_migrate_from_nothing(coolkit, tmp_path):
    here = {"cwd": tmp_path, "environment": environment(DATABASE_URL="sqlite:data.db")}
    for arguments in (["status"], ["--dry-run"], ["apply", "--dry-run"]):
        result = coolkit("migrate", *arguments, **here)
        assert result.returncode == NEGATIVE
        assert b"1 " in result.stdout and b"to be applied" in result.stdout
    assert list(tmp_path.iterdir()) == []
    applied = coolkit("migrate", **here)
    assert applied.returncode == DONE
    assert b": applied " in applied.stdout
    assert coolkit("migrate", "apply", **here).stdout == b"nothing to apply\n"
    status = coolkit("migrate", "status", **here)
    assert (status.returncode, status.stdout) == (DONE, applied.stdout)
    assert coolkit("migrate", "after-restore", **here).returncode == DONE
    assert coolkit("migrate", "after-restore", "--dry-run", **here).returncode == USAGE


def test_serve_runs_on_what_migrate_made(start_pod, coolkit, tmp_path):
    url = f"sqlite:{tmp_path / 'data.db'}"
    assert coolkit("migrate", "--database-url", url).returncode == DONE
    pod = start_pod(database_url=url)
    assert coolkit("put", "c/k", "v", "--url", pod.url).returncode == DONE
    assert coolkit("migrate", "status", "--database-url", url).returncode == DONE


def test_many_migrate_at_once(coolkit, tmp_path):
    command = [str(pods.binary()), "migrate", "--database-url", f"sqlite:{tmp_path / 'data.db'}"]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
               for _ in range(8)]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (DONE, b"")
    assert coolkit("migrate", "status", *command[2:]).returncode == DONE


def test_migrate_says_what_is_wrong(coolkit, tmp_path):
    (tmp_path / "text").write_text("this is not a database, however long it may be\n" * 100)
    for path in (tmp_path / "text", tmp_path / "no" / "folder.db"):
        result = coolkit("migrate", "--database-url", f"sqlite:{path}")
        assert result.returncode == FAILURE
        assert str(path).encode() in result.stderr
    url = "postgres://u:hunter2@127.0.0.1:1/d"  # nobody listens there
    result = coolkit("migrate", environment=environment(DATABASE_URL=url))
    assert result.returncode == FAILURE
    assert b"can't be reached" in result.stderr
    assert b"hunter2" not in result.stderr
