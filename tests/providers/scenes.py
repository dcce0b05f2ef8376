"""Answers that every wire can be asked for, by name, and how a reader must end with each."""

from tests.providers.script import Answer, Call, Failure, Refusal, Search, Thought, Usage

OSLO = Call("weather", {"city": "Oslo"})
BERGEN = Call("weather", {"city": "Bergen", "days": [1, 2]})
TEXT = ("Once ", "upon ", "a «time» — 😀.")
HUGE = Call("weather", {"city": "Å" * 40_000})

SPOKEN = {
    "plain": Answer(TEXT),
    "one byte": Answer(TEXT, write_size=1),
    "seven bytes": Answer(TEXT, write_size=7),
    "crlf": Answer(TEXT, line_end="\r\n"),
    "escaped": Answer(TEXT, escape=True),
    "comments": Answer(TEXT, comment="keep-alive"),
    "pings": Answer(TEXT, pings=True),
    "byte order mark": Answer(TEXT, before=b"\xef\xbb\xbf"),
    "thoughts": Answer((Thought("Let me "), Thought("see."), *TEXT)),
    "a call": Answer((OSLO,)),
    "a call in pieces": Answer((Call("weather", {"city": "Oslo"}, size=4),)),
    "text and a call": Answer(("I look. ", Call("weather", {"city": "Oslo"}, size=5))),
    "thoughts and a call": Answer((Thought("Hm."), OSLO)),
    "parallel calls": Answer((OSLO, BERGEN)),
    "parallel calls in pieces": Answer((Call("weather", {"city": "Oslo"}, size=4), BERGEN)),
    "parallel calls together": Answer((OSLO, BERGEN), together=True),
    "a call over 64 KiB": Answer((HUGE,)),
    "counted": Answer(TEXT, usage=Usage(120, 30, cached=100, reasoning=20)),
    "counted in two places": Answer(TEXT, usage=Usage(120, 30), split_usage=True),
    "uncounted": Answer(TEXT, usage=None),
    "length": Answer(TEXT, finish_reason="length"),
    "filtered": Answer(TEXT[:1], finish_reason="content_filter"),
    "refused": Answer((Refusal("I "), Refusal("cannot.")), finish_reason="refusal"),
    "searched": Answer(("I look. ", Search("Oslo weather"), "Rain.")),
    "several choices": Answer(TEXT, others=(("Never ", "more."),)),
}

BROKEN = {
    "an error in the middle": Answer((*TEXT[:2], Failure())),
    "a bare error in the middle": Answer((*TEXT[:2], Failure(bare=True))),
    "no end": Answer(TEXT, finish_reason=None, done=False, usage=None),
    "ended early": Answer(TEXT, cut="end", cut_after=2),
    "closed": Answer(TEXT, cut="eof", cut_after=2),
    "closed in the body": Answer(TEXT, cut="mid_body", cut_after=2),
    "reset": Answer(TEXT, cut="reset", cut_after=2),
    "malformed": Answer(TEXT, malformed_after=2),
    "prompt blocked": Answer((), finish_reason="prompt_blocked"),
    "401": Answer(status=401, error="No such key."),
    "429": Answer(status=429, headers=(("Retry-After", "1"),), error="Slow down."),
    "500": Answer(status=500),
    "529": Answer(status=529, error="Overloaded"),
}
