"""The process itself, and that the fixtures see what they are for."""

import signal

import pytest


def test_serves_on_both_ports_and_ends_with_zero(pod, http):
    assert http.get(f"{pod.url}/v1/kv/c/absent").status_code == 404
    assert http.get(f"{pod.ops_url}/livez").status_code == 200
    pod.terminate()


def test_a_killed_pod_comes_back_with_what_it_acknowledged(pod, http):
    assert http.put(f"{pod.url}/v1/kv/c/k", content=b"v").status_code == 201
    pod.kill()
    pod.restart()
    assert http.get(f"{pod.url}/v1/kv/c/k").content == b"v"


def test_a_bad_end_is_noticed(pod):
    pod.signal(signal.SIGABRT)
    pod.wait()
    with pytest.raises(AssertionError, match="ended with -6"):
        pod.close()
    pod.killed = True


def test_a_start_that_fails_says_why(start_pod):
    pod = start_pod("--no-such-flag", listening=False)
    pod.spawn()
    with pytest.raises(AssertionError, match="no-such-flag"):
        pod.wait_until_listening()
    assert pod.process.returncode == 2
    pod.killed = True
