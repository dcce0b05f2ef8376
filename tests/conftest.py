"""What every test shares: the asyncio backend, and no blocking call on the event loop."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
