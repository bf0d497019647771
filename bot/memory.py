"""How Python looks after its memory."""

import gc


def expect_many_lasting_objects() -> None:
    """A large plan is a million small objects that refer to each other in no circle: looking for
    circles among them again and again took half of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
