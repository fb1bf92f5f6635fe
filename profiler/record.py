"""The base of every value the profiler hands on."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value: JSON in, JSON out; unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )
