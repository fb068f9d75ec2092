"""One running service for the tests that take its servers away and give them back."""

from collections.abc import Iterator

import pytest

from tests.faults.service import Service, service_on
from tools import devstack


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """Web and worker, on servers that nobody else uses; durable: what was kept must be there after a death."""
    with devstack.private(durable=True) as stack, service_on(stack) as made:
        made.start("web")
        made.start("worker")
        made.until(made.answers, 60, "the service")
        yield made
