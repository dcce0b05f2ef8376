"""Keeping keys out of whatever a person or a file may see."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

MASK = "[hidden]"
_SHORTEST = 6  # a shorter value is a word, not a key: "none", "EMPTY"

_USERINFO = re.compile(
    r"""(?<=//)[^\s/?#]{1,200}(?=@)|[^\s/:@"'(<=]{1,100}:[^\s/]{1,200}(?=@[\w\[])"""
)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of `secrets` masked, also where it is URL-, base64- or JSON-encoded."""
    forms: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            encoded = b64encode(secret.encode()).decode()
            forms |= {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1]}
            forms |= {encoded, encoded.rstrip("="), encoded.replace("+", "-").replace("/", "_")}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def without_userinfo(text: str) -> str:
    """`text` with the `user:password` of each URL masked, also where the scheme is missing."""
    return _USERINFO.sub(MASK, text)
