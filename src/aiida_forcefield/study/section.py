"""A section of the study file, and the values that stand in several."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """Keys that are checked strictly, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
