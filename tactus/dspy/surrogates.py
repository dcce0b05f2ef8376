r"""Mending text in which halves of surrogate pairs stand alone.

JSON can hold them (`"\ud83d"`), and a gateway that slices text by UTF-16 units sends the two
halves of an emoji in two chunks. Nothing can write them down: no file, no log, no request.
"""


def mended(text: str) -> str:
    """`text` with pairs of halves joined, and with U+FFFD for each half that has no other."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def is_cut(text: str) -> bool:
    """Whether `text` ends with the first half of a pair, whose other half may yet come."""
    return "\ud800" <= text[-1:] <= "\udbff"
