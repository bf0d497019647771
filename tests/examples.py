"""The number of examples of property tests, by Hypothesis profile."""

from math import ceil

from hypothesis import settings


def examples(number: int) -> int:
    """All of them with the profile `thorough`, a third with `quick`."""
    loaded, thorough = settings(), settings.get_profile("thorough")
    return ceil(number * loaded.max_examples / thorough.max_examples)
