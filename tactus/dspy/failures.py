"""What went wrong in a turn, in our words: one reason, one line, one next step."""

import re
from collections.abc import Iterable
from json import JSONDecodeError

import orjson
from dspy._vendor.lm15.errors import map_http_error
from dspy._vendor.lm15.transports import ProtocolError
from dspy.clients.errors import wrap_error
from dspy.utils import exceptions as lm

from tactus.dspy.redact import redact, without_userinfo
from tactus.dspy.surrogates import mended
from tactus.errors import TactusError, TurnError

_REASONS: tuple[tuple[type[Exception], str], ...] = (  # the special before the general
    (lm.ContextWindowExceededError, "context_length"),
    (lm.LMAuthError, "auth"),
    (lm.LMBillingError, "billing"),
    (lm.LMRateLimitError, "rate_limit"),
    (lm.LMInvalidRequestError, "invalid_request"),
    (lm.LMTimeoutError, "timeout"),
    (lm.LMStreamAssemblyError, "truncated"),
    (lm.LMServerError, "server"),
    (lm.LMUnsupportedFeatureError, "unsupported"),
    (lm.LMConfigurationError, "not_configured"),
    (lm.LMTransportError, "transport"),
    (TypeError, "invalid_request"),  # what DSPy says of a request before it is sent
    (ValueError, "invalid_request"),
)

_NOT_JSON = (JSONDecodeError, orjson.JSONDecodeError, UnicodeDecodeError)

_WORDS = {
    "auth": "{provider} refused the key",
    "billing": "{provider} refused for billing or quota",
    "blocked": "{provider} blocked the answer",
    "context_length": "the messages are too long for {model}",
    "empty": "{provider} answered without text",
    "invalid_request": "the request is not one that {provider} takes",
    "malformed": "{provider} sent what is no valid answer",
    "not_configured": "{provider} is not configured",
    "rate_limit": "{provider} refused: too many requests",
    "output": "the answer of {model} does not fit the agent's output",
    "refused": "{model} refused to answer",
    "server": "{provider} failed",
    "steps": "{model} gave no final answer within the agent's max_steps",
    "timeout": "{provider} was silent for too long",
    "transport": "the connection to {provider} failed",
    "truncated": "the answer of {provider} broke off before its end",
    "unsupported": "{provider} cannot do what was asked",
    "unexpected": "the turn failed unexpectedly",
}

_HINTS = {
    "auth": "Check the provider's key; `tactus doctor` shows which variable it is read from.",
    "context_length": "Shorten the message, or call clear_history() before it.",
    "malformed": "Check the address under `api_base` in the settings, and any proxy before it.",
    "output": "Say in the system prompt what is wanted, or make the fields that fail optional.",
    "steps": "Raise the agent's max_steps, or tell it when to stop.",
    "rate_limit": "Wait a little, or run fewer turns at once.",
    "timeout": "Raise the agent's timeout, in seconds, if the model needs longer.",
    "transport": "Check the network, and the address under `api_base` in the settings.",
}

RETRIED = frozenset({"rate_limit", "server", "transport"})  # by the agent, while nothing has come
_RETRYABLE = RETRIED | {"timeout", "truncated", "empty", "output"}  # those, by whom it pleases to

_CODES = (  # words in the code of an error that came inside a stream
    ("rate_limit", "rate_limit"),
    ("context_length", "context_length"),
    ("invalid_request", "invalid_request"),
    ("auth", "auth"),
    ("quota", "billing"),
    ("billing", "billing"),
    ("timeout", "timeout"),
)

_CLASSES = re.compile(r"(?:[\w.]+(?:Error|Exception)(?:: | - ))+")  # LiteLLM names all it passed
_OBJECTS = re.compile(r"(?: \w+:)?<[^<>]* object at 0x[0-9a-f]+>")  # Python's, which tell nobody
_ADVICE = "\n\n  "  # what DSPy adds to a provider's words begins so: `To fix:`, where a key is from
_LONGEST = 300  # characters of what the provider said


class Failures:
    """Says what went wrong with one agent's model, without the keys in `secrets`."""

    def __init__(self, provider: str, model: str, secrets: Iterable[str]) -> None:
        self._names = {"provider": provider, "model": model}
        self._secrets = tuple(secrets)

    def error(self, reason: str, said: str = "") -> TurnError:
        """The error for `reason`, with the first line of what the provider said."""
        message = _WORDS[reason].format(**self._names)
        said = said.partition(_ADVICE)[0]
        first = next((line.strip() for line in said.splitlines() if line.strip()), "")
        first = first[found.end() :] if (found := _CLASSES.match(first)) else first
        first = without_userinfo(redact(_OBJECTS.sub("", mended(first)), self._secrets))
        if first:
            message = f"{message}: {first[:_LONGEST]}"
        return TurnError(
            message, reason=reason, retryable=reason in _RETRYABLE, hint=_HINTS.get(reason)
        )

    def told(self, error: Exception) -> TactusError:
        """Our error for one that DSPy raised; ours are returned as they are."""
        if isinstance(error, TactusError):
            return error
        reason = _reason(error)
        # DSPy's words for a stream without its end are about its own parts, not the provider's
        said = "" if reason == "truncated" else str(getattr(error, "message", error))
        return self.error(reason, said)


_BLOCKED = re.compile(r"(?:Prompt|Candidate) blocked: (\w*)")  # DSPy's words; then Gemini's
_MISCALLED = {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"}
_MISCALLED |= {"MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE"}  # and so is not blocked


def _reason(error: Exception) -> str:
    causes = list(_causes(error))
    for cause in causes:
        if found := _BLOCKED.match(str(getattr(cause, "message", cause))):
            return "malformed" if found[1] in _MISCALLED else "blocked"
    if is_not_json(error):
        return "malformed"
    for cause in causes:
        if isinstance(cause, ProtocolError):
            return "truncated" if "connection closed" in str(cause) else "malformed"
    return _reason_of_kind(error) or _reason_of_code(getattr(error, "provider_code", None))


def is_not_json(error: BaseException) -> bool:
    """Whether `error` only says that what came is no JSON."""
    return any(isinstance(cause, _NOT_JSON) for cause in _causes(error))


def _reason_of_kind(error: Exception) -> str | None:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), None)


def _reason_of_code(code: str | None) -> str:
    """The reason for an error that DSPy has no kind for, by the provider's own code for it."""
    if code is None:
        return "unexpected"
    if re.fullmatch("[45][0-9][0-9]", code):
        known = _reason_of_kind(wrap_error(map_http_error(int(code), ""), model=""))
    else:
        known = next((reason for word, reason in _CODES if word in code.lower()), None)
    return known or "server"


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
