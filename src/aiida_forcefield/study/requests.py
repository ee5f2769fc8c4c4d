"""What is wrong with the properties that a study asks for, and with what is measured of them."""

from collections.abc import Iterator

from pydantic import ValidationError

from aiida_forcefield.study.mistakes import mistakes
from aiida_forcefield.study.schema import Study
from aiida_forcefield.study.yaml_lines import KeyPath


def request_mistakes(study: Study) -> Iterator[tuple[KeyPath, str]]:
    """Key path and sentence of each mistake."""
    from aiida_forcefield.properties import property_names, property_of

    known = property_names()
    unknown = f"no such property; allowed: {', '.join(known)}"
    for place, entry in enumerate(study.properties):
        for name, request in entry.items():
            at: KeyPath = ("properties", place, name)
            if name not in known:
                yield at, unknown
                continue
            schema = property_of(name).schema
            try:
                schema.model_validate(request, strict=True)
            except ValidationError as error:
                for keys, sentence in mistakes(error, schema):
                    yield (*at, *keys), sentence
    for name, measured in study.reference.items():
        if name not in known:
            yield ("reference", name), unknown
        elif measured.unit != (unit := property_of(name).unit):
            given = f"{measured.unit!r} is not allowed: it should be {unit!r}"
            yield ("reference", name, "unit"), given
