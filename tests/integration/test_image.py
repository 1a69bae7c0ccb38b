"""The image: built from the Dockerfile without a container engine, looked into, and run by chroot
as Kubernetes would run it: another user, a read-only root, no new privileges."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import time

import httpx
import pytest

from pod import START_SECONDS, STOP_SECONDS, ROOT, binary

REVISION = "1e10"  # also a number to YAML: it must stay a tag
UNPACKED_LIMIT = 64 << 20
USER = 65532

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="chroot and mounts need root")

RUN = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -t tmpfs tmpfs "$1/data" &&
chown 65532:65532 "$1/data" && cd / &&
exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$@"
"""


def build(folder, *how, seconds):
    """The parts of the image: its configuration, and its root file system unpacked."""
    result = subprocess.run(
        [ROOT / "tools/image", *how], capture_output=True, text=True, timeout=seconds,
        env=os.environ | {"IMAGE_DIR": str(folder / "work"), "REVISION": REVISION})
    assert result.returncode == 0, result.stderr[-4000:]
    layout = folder / "layout"
    with tarfile.open(result.stdout.strip()) as archive:
        archive.extractall(layout)
    shutil.rmtree(folder / "work")

    def blob(descriptor):
        return layout / "blobs" / descriptor["digest"].replace(":", "/")

    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(index["manifests"][0]).read_text())
    root = folder / "root"
    for layer in manifest["layers"]:
        with tarfile.open(blob(layer)) as archive:
            archive.extractall(root)
    return json.loads(blob(manifest["config"]).read_text()), root


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return build(tmp_path_factory.mktemp("image"), "prebuilt", str(binary()), seconds=100)


def in_image(root, *command, **options):
    """Starts a program of the image in a mount namespace of its own."""
    return subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", RUN,
                             "run", str(root), *command], **options)


def serve_from(root, folder):
    """Starts it, stores and reads a value, asks for health and build, stops it by SIGTERM."""
    with open(folder / "log", "wb") as log:
        process = in_image(
            root, "/usr/bin/coolkit", "serve", "--listen", "127.0.0.1:0", "--ops-listen",
            "127.0.0.1:0", "--port-file", "/data/ports.json", "--database-url",
            "sqlite:/data/coolkit.db", stdout=log, stderr=log,
            env={"PATH": os.environ["PATH"]})
    try:
        ports = pathlib.Path(f"/proc/{process.pid}/root/data/ports.json")
        deadline = time.monotonic() + START_SECONDS
        while not ports.exists() or not ports.read_text().strip():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.01)
        assert os.stat(f"/proc/{process.pid}").st_uid == USER
        listening = json.loads(ports.read_text())
        target = f"http://{listening['listen']}/v1/kv/c/k"
        assert httpx.put(target, content=b"from the image").status_code == 201
        assert httpx.get(target).content == b"from the image"
        assert httpx.get(f"http://{listening['ops_listen']}/healthz").status_code == 200
        metrics = httpx.get(f"http://{listening['ops_listen']}/metrics").text
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 0, (folder / "log").read_text()
        return metrics
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_it_starts_and_answers_as_another_user_on_a_read_only_root(image, tmp_path):
    assert "coolkit_build_info" in serve_from(image[1], tmp_path)


def test_its_configuration(image):
    config = image[0]["config"]
    assert config["User"] == f"{USER}:{USER}"
    assert config["Entrypoint"] == ["/usr/bin/coolkit"] and config["Cmd"] == ["serve"]
    assert set(config["ExposedPorts"]) == {"8080", "2345"} or \
        set(config["ExposedPorts"]) == {"8080/tcp", "2345/tcp"}
    labels = config["Labels"]
    assert labels["org.opencontainers.image.revision"] == REVISION
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_it_is_small_and_holds_nothing_to_run_but_coolkit(image):
    files = [path for path in image[1].rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < UNPACKED_LIMIT
    programs = [path for path in files
                if path.stat().st_mode & 0o111 and ".so" not in path.name]
    assert [path.name for path in programs] == ["coolkit"]


def test_its_sbom_names_each_library(image):
    root = image[1]
    sbom = json.loads((root / "usr/share/coolkit/sbom.spdx.json").read_text())
    assert sbom["spdxVersion"] == "SPDX-2.3"
    identifiers = {package["SPDXID"] for package in sbom["packages"]}
    assert len(identifiers) == len(sbom["packages"])
    for relation in sbom["relationships"]:
        assert relation["relatedSpdxElement"] in identifiers
    owners = {package["name"] for package in sbom["packages"]}
    for library in root.rglob("*.so*"):
        if library.is_symlink():
            continue
        asked = [f"/{library.relative_to(root)}", f"/{library.relative_to(root / 'usr')}"]
        found = subprocess.run(["dpkg-query", "-S", *asked], capture_output=True, text=True)
        owner = found.stdout.split(":")[0] or subprocess.run(
            ["dpkg-query", "-S", os.path.realpath(asked[0])], capture_output=True, text=True,
            check=True).stdout.split(":")[0]
        assert owner in owners, library
        assert (root / "usr/share/doc" / owner / "copyright").is_file(), owner


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_whole_build_stamps_its_revision(tmp_path):
    config, root = build(tmp_path, seconds=3500)
    assert config["config"]["Labels"]["org.opencontainers.image.revision"] == REVISION
    told = in_image(root, "/usr/bin/coolkit", "--version", stdout=subprocess.PIPE, text=True)
    assert f"({REVISION})" in told.communicate(timeout=60)[0]
    assert f'revision="{REVISION}"' in serve_from(root, tmp_path)
