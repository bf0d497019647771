"""How many examples the property tests try, by the profile of hypothesis that is loaded."""

from math import ceil

from hypothesis import settings


def examples(number: int) -> int:
    """As many under the profile `thorough`, and a sixth of them under `quick`."""
    loaded, thorough = settings(), settings.get_profile("thorough")
    return ceil(number * loaded.max_examples / thorough.max_examples)
