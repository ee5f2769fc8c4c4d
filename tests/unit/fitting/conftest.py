import pytest

from ..synthetic_fields import Case, build


@pytest.fixture(scope="session", params=["dimethyl_carbonate", "methanol"])
def case(request: pytest.FixtureRequest) -> Case:
    return build(request.param)


@pytest.fixture(scope="session")
def methanol() -> Case:
    return build("methanol")
