import pytest

from fetch_helpers import serving


@pytest.fixture
def server():
    with serving() as server:
        yield server
