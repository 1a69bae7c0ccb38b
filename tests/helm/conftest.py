import pytest

import programs


@pytest.fixture(scope="session", params=["helm3", "helm4"])
def helm(request):
    """Each of the two."""
    found = programs.helm(request.param)
    if found is None:
        pytest.skip(f"{request.param} can't be had")
    return found


@pytest.fixture(scope="session")
def helm4():
    """One of them, where nothing hangs on which."""
    found = programs.helm("helm4") or programs.helm("helm3")
    if found is None:
        pytest.skip("no Helm can be had")
    return found
