"""What a run had told when its process died, for the process that goes on with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Told:
    """What is known to have been told of a run.

    Attributes:
        seq: no event beyond it can have been told to anybody.
        keys: of the events that can be named alike when the run is repeated.
        texts: of each turn, how many characters of its text.
    """

    seq: int = 0
    keys: frozenset[str] = frozenset()
    texts: Mapping[str, int] = field(default_factory=dict)
