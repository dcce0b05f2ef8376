"""A piece of what a model says, as a listener in the procedure hears it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a turn's text, or of what the model thinks before it answers.

    A `restart` has no text: what was said beyond the first `kept` characters is void, and is told
    anew.
    """

    kind: Literal["text", "reasoning", "restart"]
    text: str
    kept: int = 0
