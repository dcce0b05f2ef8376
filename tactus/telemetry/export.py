"""Where spans and metrics go, in a process that has not said so itself."""

import os
from importlib.metadata import entry_points
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_RESOURCE_ATTRIBUTES,
    OTEL_SERVICE_NAME,
)

from tactus.errors import SettingsError

_SIGNALS = ("traces", "metrics")
_OTLP = ("otlp_proto_http", "otlp_proto_grpc")  # as their packages call them; the lighter first


class _Configurator(_OTelSDKConfigurator):
    """The SDK's reading of the `OTEL_…` variables, which is there to be derived from."""


def set_up() -> None:
    """Give the process the providers that the variables describe, unless it has its own.

    What no variable says is chosen here: the OTLP exporter that is installed, and the service's
    name, `tactus`.

    Raises:
        SettingsError: a variable names what is not installed.
    """
    if _is_provided() or not is_exported():
        return
    resource = {} if _is_named() else {"service.name": "tactus"}
    configurator: Any = _Configurator  # untyped
    try:
        configurator().configure(
            trace_exporter_names=_chosen("traces"),
            metric_exporter_names=_chosen("metrics"),
            resource_attributes=resource,
        )
    except Exception as error:
        raise SettingsError(
            f"OpenTelemetry cannot be set up: {error}",
            hint="Check the OTEL_… variables, or set telemetry.enabled to false.",
        ) from error


def is_exported() -> bool:
    """Whether spans or metrics leave this process, as it is or once it is set up."""
    return _is_provided() or any(_asked(signal) or _chosen(signal) for signal in _SIGNALS)


def _is_provided() -> bool:
    """Whether the process has providers: a host's, or those of `opentelemetry-instrument`."""
    own = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    # the API's own are the one that stands in, and the one that takes nothing
    return own or not type(metrics.get_meter_provider()).__module__.startswith(metrics.__name__)


def _asked(signal: str) -> str:
    return os.environ.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip()


def _chosen(signal: str) -> list[str]:
    """The exporter for `signal`; none where a variable names one, which the SDK reads."""
    if _asked(signal):
        return []
    installed = {entry.name for entry in entry_points(group=f"opentelemetry_{signal}_exporter")}
    found = [name for name in _OTLP if name in installed]
    if _protocol(signal) == "grpc":
        found.reverse()
    return found[:1]


def _protocol(signal: str) -> str:
    own = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL")
    return (own or os.environ.get(OTEL_EXPORTER_OTLP_PROTOCOL, "")).strip()


def _is_named() -> bool:
    given = os.environ.get(OTEL_RESOURCE_ATTRIBUTES, "")
    return OTEL_SERVICE_NAME in os.environ or "service.name=" in given
