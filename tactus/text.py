"""Text that grows."""


class Text:
    """Text that grows piece by piece; every chunk event of one turn shares one.

    Appending costs the same however long the text is; the whole is joined when somebody reads it.
    """

    __slots__ = ("_joined", "_pieces", "length")

    def __init__(self) -> None:
        self._joined = ""
        self._pieces: list[str] = []
        self.length = 0

    def append(self, piece: str) -> None:
        """Add `piece` at the end."""
        self._pieces.append(piece)
        self.length += len(piece)

    def upto(self, length: int) -> str:
        """The first `length` characters."""
        if self._pieces and length > len(self._joined):
            self._joined = "".join((self._joined, *self._pieces))
            self._pieces.clear()
        return self._joined if length == len(self._joined) else self._joined[:length]

    def __str__(self) -> str:
        return self.upto(self.length)
