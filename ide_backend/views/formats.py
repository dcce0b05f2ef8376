"""Every format that a stream can be asked for, by name."""

from ide_backend.problem import Problem
from ide_backend.views.agui import AGUI
from ide_backend.views.cloudevents import CLOUDEVENTS
from ide_backend.views.llm import LLM
from ide_backend.views.message import MESSAGE
from ide_backend.views.text import TEXT
from ide_backend.views.vercel import VERCEL
from ide_backend.wire import BOTH, DELTA, Format

FORMATS = {form.name: form for form in (LLM, MESSAGE, TEXT, AGUI, VERCEL, CLOUDEVENTS)}


def wanted_format(name: str | None, text: str | None) -> Format:
    """The format called `name`; without one our own events, with `text=delta` or both texts."""
    if name:
        if name not in FORMATS:
            known = ", ".join(FORMATS)
            raise Problem(422, "format", f"there is no format {name!r}", f"Known are: {known}.")
        return FORMATS[name]
    if text not in (None, "", "both", "delta"):
        raise Problem(422, "text", f"text={text} is not known", "Leave it out, or write delta.")
    return DELTA if text == "delta" else BOTH
