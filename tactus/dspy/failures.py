"""What went wrong in a turn, in our words: one reason, one line, one next step."""

import re
from collections.abc import Iterable
from json import JSONDecodeError

import orjson
from dspy._vendor.lm15.transports import ProtocolError
from dspy.utils import exceptions as lm

from tactus.dspy.redact import redact
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
    "refused": "{model} refused to answer",
    "server": "{provider} failed",
    "timeout": "{provider} was silent for too long",
    "transport": "the connection to {provider} failed",
    "truncated": "the answer of {provider} broke off before its end",
    "unsupported": "{provider} cannot do what was asked",
    "unexpected": "the turn failed unexpectedly",
}

_HINTS = {
    "auth": "Check the provider's key; `tactus doctor` shows which variable it is read from.",
    "context_length": "Shorten the message, or call clear_history() before it.",
    "rate_limit": "Wait a little, or run fewer turns at once.",
    "timeout": "Raise the agent's timeout, in seconds, if the model needs longer.",
    "transport": "Check the network, and the address under `api_base` in the settings.",
}

_RETRYABLE = frozenset({"rate_limit", "server", "transport", "timeout", "truncated", "empty"})
_CLASSES = re.compile(r"(?:[\w.]+(?:Error|Exception)(?:: | - ))+")  # LiteLLM names all it passed
_LONGEST = 300  # characters of what the provider said


class Failures:
    """Says what went wrong with one agent's model, without the keys in `secrets`."""

    def __init__(self, provider: str, model: str, secrets: Iterable[str]) -> None:
        self._names = {"provider": provider, "model": model}
        self._secrets = tuple(secrets)

    def error(self, reason: str, said: str = "") -> TurnError:
        """The error for `reason`, with the first line of what the provider said."""
        message = _WORDS[reason].format(**self._names)
        first = next((line.strip() for line in said.splitlines() if line.strip()), "")
        first = first[found.end() :] if (found := _CLASSES.match(first)) else first
        if first:
            message = f"{message}: {redact(first, self._secrets)[:_LONGEST]}"
        return TurnError(
            message, reason=reason, retryable=reason in _RETRYABLE, hint=_HINTS.get(reason)
        )

    def told(self, error: Exception) -> TactusError:
        """Our error for one that DSPy raised; ours are returned as they are."""
        if isinstance(error, TactusError):
            return error
        reason = _reason(error)
        # DSPy's words for a stream without its end are about its own parts, not the provider's
        said = "" if reason == "truncated" else str(getattr(error, "message", "") or error)
        return self.error(reason, said)


def _reason(error: Exception) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, JSONDecodeError | orjson.JSONDecodeError) for cause in causes):
        return "malformed"
    for cause in causes:
        if isinstance(cause, ProtocolError):
            return "truncated" if "connection closed" in str(cause) else "malformed"
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "unexpected")


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
