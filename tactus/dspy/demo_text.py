"""What the demo model says: canned text, picked and filled in by the prompt it is given.

The same conversation always gets the same answer, and no two subjects the same one.
"""

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

NOTICE = "(Tactus's demo model: this text is canned, no model was called.)"

_KINDS: tuple[tuple[str, str], ...] = (
    ("summary", r"\bsumm?ar|\btl;?dr\b|in one sentence"),
    ("analysis", r"\banaly(?:[sz]e|st)|\breview|\bevaluat|\bcritique"),
    ("story", r"\bstor(?:y|ies)\b|storytell|\btale\b|\bfable\b"),
    ("greeting", r"^\W*(?:hi|hello|hey|good (?:morning|evening))\b|\bgreet"),
    ("memory", r"\bremember|\bdid i (?:say|ask|tell)|\bearlier\b|\bmy name\?|what(?:'s| is) my\b"),
)

_HEROES = ("a lamplighter", "an apprentice mapmaker", "a retired ferryman", "a night baker")
_NAMES = ("Mira", "Tomas", "Ilse", "Okoro", "Wen", "Saskia")
_PLACES = (
    "in a harbour town where the fog kept office hours",
    "at the edge of a forest that nobody had measured twice",
    "in a valley whose only clock ran on rainwater",
    "on an island that the ferry visited when it felt like it",
)
_FINDS = (
    "a brass key that was warm to the touch",
    "a letter addressed to the person who would open it",
    "a small door behind the stove, no taller than a teapot",
    "a jar of light with the lid not quite closed",
)
_TURNS = (
    "It would have been sensible to leave it alone. {name} had been sensible for years and had very"
    " little to show for it.",
    "The neighbours said to wait until morning. {name} had noticed that morning was what people"
    " said when they meant never.",
    "{name} asked everybody whose it was, and everybody answered a different question.",
)
_ENDINGS = (
    "By dawn the whole street had heard some version of it, and each version was kinder than the"
    " last. {name} corrected none of them.",
    "Years later people still asked what had really happened. “I looked twice,” said {name}, “that"
    " was all.”",
    "And when the lamps came on that evening, one more was burning than had ever been counted.",
)
_FIRST_FIELDS = ("title", "summary", "topics", "rating")


def answer(
    messages: Sequence[tuple[str, str]],
    system: str = "",
    *,
    response_format: Mapping[str, Any] | None = None,
) -> str:
    """The demo model's whole answer to a conversation.

    Args:
        messages: role and text of each message, oldest first.
        system: the system prompt, which decides the kind of answer when the message does not.
        response_format: a JSON schema as `Config.response_format` carries it; the answer is then
            one JSON object of that shape.

    Returns:
        Text whose first paragraph says that it is a demo; a JSON answer says so in its first
        free string, since nothing may stand beside it.
    """
    said = [text for role, text in messages if role == "user"]
    message = said[-1] if said else ""
    seed = json.dumps([system, *messages]).encode()
    dice = random.Random(int.from_bytes(hashlib.sha256(seed).digest()[:8]))  # noqa: S311 - canned text
    kind = "json" if response_format is not None else _kind(message, system)
    if kind == "json":
        schema = _schema(response_format) or _schema_of_prompt(f"{message}\n{system}")
        return json.dumps(_fill(schema, "", dice, [NOTICE]), indent=2, ensure_ascii=False)
    if messages and messages[-1][0] == "tool":
        text = f"The tool answered: {_quote(messages[-1][1])}"
    else:
        text = {
            "story": _story,
            "summary": _summary,
            "analysis": _analysis,
            "greeting": _greeting,
            "memory": _memory,
            "chat": _chat,
        }[kind](said, dice)
    return f"{NOTICE}\n\n{text}"


def arguments(parameters: Mapping[str, Any], message: str) -> dict[str, Any]:
    """Arguments for a tool with the JSON schema `parameters`, filled with `message`."""
    filled = _fill(parameters, "", random.Random(0), [message])  # noqa: S311 - canned text
    return filled if isinstance(filled, dict) else {}


def _kind(message: str, system: str) -> str:
    """The kind that the message's opening asks for, else the system prompt's, else the rest's."""
    if re.search(r"\bjson\b", f"{message[:400]}\n{system}", re.IGNORECASE):
        return "json"
    for text, ignored in ((_bare(message)[:80], "greeting"), (system, "memory"), (message, "")):
        found = [
            (match.start(), kind)
            for kind, pattern in _KINDS
            if kind != ignored and (match := re.search(pattern, text, re.IGNORECASE))
        ]
        if found:
            return min(found)[1]
    return "chat"


def _story(said: Sequence[str], dice: random.Random) -> str:
    name = dice.choice(_NAMES)
    subject = re.search(r"\babout ([^.!?\n]{2,80})", said[-1]) if said else None
    hero = subject[1].strip() if subject else dice.choice(_HEROES)
    return "\n\n".join(
        (
            f"Once there was {hero}, {dice.choice(_PLACES)}. The part of it that people tell began"
            f" with {name}, on the longest evening of the year, when {name} found"
            f" {dice.choice(_FINDS)}.",
            dice.choice(_TURNS).format(name=name),
            f"So {name} carried it home under a coat, set it on the kitchen table, and listened."
            " For a while there was only the rain. Then, quite clearly, something on the other side"
            " cleared its throat and asked for the time.",
            dice.choice(_ENDINGS).format(name=name),
        )
    )


def _greeting(said: Sequence[str], dice: random.Random) -> str:
    opening = dice.choice(("Hello, and welcome!", "Hi there, good to meet you!", "Welcome in!"))
    return (
        f"{opening} You wrote: {_quote(said[-1])} Ask away: I will answer each message in turn, and"
        " every step of the procedure can build on what I said."
    )


def _analysis(said: Sequence[str], dice: random.Random) -> str:
    text = _given(said[-1])
    words = text.split()
    longest = max((re.sub(r"\W", "", word) for word in words), key=len, default="")
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", text) if part]
    tone = dice.choice(("friendly", "calm", "direct", "curious"))
    return (
        "## Analysis\n\n"
        f"**Length:** {len(words)} words in {len(sentences)} sentences.\n\n"
        f"- **Opening:** {_quote(text, 60)}\n"
        f"- **Tone:** {tone}\n"
        f"- **Longest word:** `{longest}`\n\n"
        "### Verdict\n\n"
        "It says what it is for in its first line. A second example would make it stronger."
    )


def _summary(said: Sequence[str], dice: random.Random) -> str:
    text = _given(said[-1])
    lead = dice.choice(("In short:", "The gist:", "To sum up:"))
    return f"{lead} {len(text.split())} words, which open with {_quote(text, 60)}"


def _memory(said: Sequence[str], dice: random.Random) -> str:
    if len(said) < 2:
        return "This is your first message, so there is nothing earlier to remember."
    for earlier in reversed(said[:-1] if "name" in said[-1] else ()):
        if name := re.search(r"\bmy name is ([^\W\d_]+)", earlier, re.IGNORECASE):
            return f"Your name is {name[1]}: you told me in an earlier message."
    listed = "\n".join(f"{number}. {_quote(text)}" for number, text in enumerate(said[:-1], 1))
    return f"{dice.choice(('Before this', 'Earlier'))} you wrote:\n\n{listed}"


def _chat(said: Sequence[str], dice: random.Random) -> str:
    reply = dice.choice(("Noted.", "Understood.", "Thank you, that is clear."))
    if not said:
        return reply
    earlier = f" Before that you wrote {_quote(said[-2])}" if len(said) > 1 else ""
    return f"{reply} This is message {len(said)}; you wrote {_quote(said[-1])}{earlier}"


def _schema(response_format: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    schema = (response_format or {}).get("schema")
    return schema if isinstance(schema, Mapping) else None


def _schema_of_prompt(prompt: str) -> Mapping[str, Any]:
    """The fields that a prompt names as `"title": …`, or after `keys` or `fields`."""
    names = re.findall(r"[\"'](\w+)[\"']\s*:", prompt)
    if not names and (listed := re.search(r"\b(?:keys|fields)\b:?\s+([^.(\n]+)", prompt)):
        names = [name for name in re.findall(r"\w+", listed[1]) if name not in ("and", "or")]
    known: dict[str, Any] = {
        "topics": {"type": "array", "items": {"type": "string"}},
        "tags": {"type": "array", "items": {"type": "string"}},
        **{name: {"type": "integer"} for name in ("rating", "score", "count", "year", "age")},
    }
    fields = {name: known.get(name, {"type": "string"}) for name in names or _FIRST_FIELDS}
    return {"type": "object", "properties": fields}


def _fill(schema: Mapping[str, Any], name: str, dice: random.Random, notice: list[str]) -> Any:
    """A value of `schema`; the first free string takes the one text waiting in `notice`."""
    if choices := [choice for choice in schema.get("enum", ()) if choice is not None]:
        return dice.choice(choices)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):  # of several, the first that is something
        kind = next((one for one in kind if one != "null"), "string")
    match kind:
        case "object":
            fields = schema.get("properties", {})
            return {key: _fill(field, key, dice, notice) for key, field in fields.items()}
        case "array":
            items = schema.get("items", {"type": "string"})
            one = name.removesuffix("s")
            return [_fill(items, f"{one} {number}", dice, notice) for number in (1, 2)]
        case "integer" | "number":
            low = schema.get("minimum", 1)
            return dice.randint(int(low), int(schema.get("maximum", max(int(low), 5))))
        case "boolean":
            return dice.choice((True, False))
        case "null":
            return None
    return notice.pop() if notice else f"demo {name}".strip()


def _given(message: str) -> str:
    """The text that a message is about: what follows `Analyze this:`, else all of it."""
    text = _bare(message)
    return re.sub(r"\A[^\n]{,80}:\s*\n", "", text).strip() or text


def _bare(text: str) -> str:
    return text.replace(NOTICE, "").strip()


def _quote(text: str, length: int = 80) -> str:
    words = " ".join(_bare(text).split())
    return f"“{words}”" if len(words) <= length else f"“{words[: length - 1].rstrip()}…”"
