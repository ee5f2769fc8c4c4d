import pytest

from .synthetic_fields import SMILES, Case, build


@pytest.fixture(scope="session", params=sorted(SMILES))
def case(request: pytest.FixtureRequest) -> Case:
    return build(request.param)


@pytest.fixture(scope="session")
def methanol() -> Case:
    return build("methanol")
