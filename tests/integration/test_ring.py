"""Several pods as one cache: ownership, reads and writes through any of them, leaving and dying."""

import pytest

from databases import PostgresDatabase
from ring import Ring, wait_until


@pytest.fixture
def start_ring(tmp_path, postgres_server):
    started = []
    database = PostgresDatabase(postgres_server)

    def start(size, *flags, **options):
        ring = Ring(tmp_path / f"ring-{len(started)}", database.url, *flags, **options)
        started.append(ring)
        return ring.start(size)

    yield start
    for ring in started:
        ring.close()
    database.close()


def url(pod, key):
    return f"{pod.url}/v1/kv/things/{key}"


def owner_of(ring, key):
    """The pod that answers for the key, by what Cache-Status says."""
    for pod in ring.running:
        status = ring.client.get(url(pod, key)).headers["cache-status"]
        members = [member.split(";")[0] for member in status.split(", ")]
        if len(members) == 1:
            return pod
    raise AssertionError(f"nobody answers for {key} alone: {status}")


def test_three_pods_share_all_slots(start_ring):
    ring = start_ring(3)
    for pod in ring.running:
        view = ring.view(pod)
        assert sorted(member["pod"] for member in view["members"]) == ["pod-1", "pod-2", "pod-3"]
        assert sum(member["self"] for member in view["members"]) == 1
        wait_until(lambda: ring.metric(pod, "coolkit_cluster_peers") == 3, lambda: ring.view(pod))
        # Nobody dials before it can prove who it is: it would be refused, and wait.
        assert "no key of the ring in common" not in pod.stderr()


def test_what_one_pod_wrote_another_reads_from_the_owners_memory(start_ring):
    ring = start_ring(3)
    one, two, three = ring.running
    for n in range(50):
        written = ring.client.put(url(one, f"k{n}"), content=f"value {n}")
        assert written.status_code == 201, written.text
    loads = sum(ring.metric(pod, "coolkit_database_loads_total") for pod in ring.running)
    remote = 0
    for n in range(50):
        for pod in (two, three):
            answer = ring.client.get(url(pod, f"k{n}"))
            assert answer.content == f"value {n}".encode()
            remote += "hit, coolkit-" in answer.headers["cache-status"]
    assert remote > 30, "most keys are another pod's"
    after = sum(ring.metric(pod, "coolkit_database_loads_total") for pod in ring.running)
    assert after - loads <= 5, "the writes left the entries at their owners"


def test_a_write_through_any_pod_is_seen_through_every_other_with_its_token(start_ring):
    ring = start_ring(3)
    for n in range(60):
        writer = ring.running[n % 3]
        put = ring.client.put(url(writer, f"k{n % 7}"), content=str(n))
        token = put.headers["coolkit-position"]
        for reader in ring.running:
            answer = ring.client.get(url(reader, f"k{n % 7}"), headers={"Coolkit-Position": token})
            assert answer.content == str(n).encode(), answer.headers


def test_a_pod_that_leaves_hands_its_entries_over(start_ring):
    ring = start_ring(3)
    keys = [f"k{n}" for n in range(300)]
    for key in keys:
        ring.client.put(url(ring.pods[1], key), content=b"v" * 100)
    ring.pods[2].terminate()
    ring.wait_until_balanced(2)
    assert sum(ring.metric(pod, "coolkit_hand_off_entries_total") for pod in ring.running) == 0
    loads = sum(ring.metric(pod, "coolkit_database_loads_total") for pod in ring.running)
    for key in keys:
        assert ring.client.get(url(ring.pods[1], key)).content == b"v" * 100
    after = sum(ring.metric(pod, "coolkit_database_loads_total") for pod in ring.running)
    assert after - loads <= len(keys) / 50, "its memory went to the others"


def test_a_newcomer_takes_its_share_and_the_entries_with_it(start_ring):
    ring = start_ring(2)
    keys = [f"k{n}" for n in range(300)]
    for key in keys:
        ring.client.put(url(ring.pods[1], key), content=b"v" * 100)
    ring.add(3)
    ring.wait_until_balanced(3)
    before = {pod: ring.metric(pod, "coolkit_database_loads_total") for pod in ring.running}
    for key in keys:
        for pod in ring.running:
            assert ring.client.get(url(pod, key)).status_code == 200
    loads = sum(ring.metric(pod, "coolkit_database_loads_total") - before[pod]
                for pod in ring.running)
    assert loads <= len(keys) / 50


def test_a_pod_that_dies_costs_no_failed_request(start_ring):
    ring = start_ring(3)
    keys = [f"k{n}" for n in range(100)]
    for key in keys:
        ring.client.put(url(ring.pods[1], key), content=b"v")
    ring.pods[2].kill()
    for key in keys:
        for number in (1, 3):
            assert ring.client.get(url(ring.pods[number], key)).status_code == 200
    ring.wait_until_balanced(2)
    for key in keys:
        assert ring.client.put(url(ring.pods[3], key), content=b"w").status_code == 204


def test_a_pod_that_comes_back_is_a_new_member(start_ring):
    ring = start_ring(3)
    ring.pods[2].kill()
    ring.add(2)
    ring.wait_until_balanced(3)


def test_pods_see_plain_sql_through_the_feed(start_ring, postgres_server):
    ring = start_ring(2)
    ring.client.put(url(ring.pods[1], "k"), content=b"old")
    for pod in ring.running:
        assert ring.client.get(url(pod, "k")).content == b"old"
    name = ring.database_url.rsplit("/", 1)[1].split("?")[0]
    session = postgres_server.session(name)
    session.run("UPDATE coolkit.kv SET value = '\\x6e6577' WHERE key = 'k'")
    session.close()
    for pod in ring.running:
        wait_until(lambda: ring.client.get(url(pod, "k")).content == b"new", lambda: pod.url, 2)
