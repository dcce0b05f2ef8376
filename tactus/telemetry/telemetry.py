"""Runs on OpenTelemetry: one more listener, that tells what happens as spans and metrics.

OpenTelemetry comes with the extra `otel`, and is imported only where the settings ask for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tactus import __version__
from tactus.errors import SettingsError
from tactus.events import LogHandler
from tactus.settings import TelemetrySettings

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

INSTALL = 'pip install "tactus[otel]"'
INSTALL_EXPORTER = "pip install opentelemetry-exporter-otlp-proto-http"


class Telemetry:
    """Tells runs to OpenTelemetry; one for all runs of a process.

    Args:
        settings: whether runs are told at all, and whether with what was said in them.
        tracer_provider: who takes the spans; the process's own unless given. Where the process
            has none, one is made as the `OTEL_…` variables say, if an exporter is installed.
        meter_provider: who takes the metrics; in the same way.

    Raises:
        SettingsError: it is on, and OpenTelemetry is not installed; or its variables are wrong.
    """

    def __init__(
        self,
        settings: TelemetrySettings,
        tracer_provider: "TracerProvider | None" = None,
        meter_provider: "MeterProvider | None" = None,
    ) -> None:
        self._handler: Callable[[], LogHandler] | None = None
        if not settings.enabled:
            return
        try:
            from opentelemetry import metrics, trace  # of an extra

            from tactus.telemetry.figures import Figures
            from tactus.telemetry.spans import RunSpans

            if tracer_provider is None:
                from tactus.telemetry.export import set_up

                set_up()
        except ImportError:
            raise _not_installed() from None
        tracer = trace.get_tracer("tactus", __version__, tracer_provider)
        figures = Figures(metrics.get_meter("tactus", __version__, meter_provider))
        self._handler = lambda: RunSpans(tracer, figures, content=settings.content).handle

    def handler(self) -> LogHandler | None:
        """A listener for one run, which never blocks and never raises; None when it is off."""
        return None if self._handler is None else self._handler()


def missing(settings: TelemetrySettings) -> str | None:
    """What keeps the telemetry that is asked for from leaving this process, and the remedy.

    None when it is off, or when nothing is missing.
    """
    if not settings.enabled:
        return None
    try:
        from tactus.telemetry.export import is_exported  # of an extra
    except ImportError:
        return f"telemetry is on, but OpenTelemetry is not installed: {INSTALL}"
    if is_exported():
        return None
    return f"telemetry is on, but no exporter is installed to send it with: {INSTALL_EXPORTER}"


def _not_installed() -> SettingsError:
    return SettingsError(
        "telemetry.enabled: OpenTelemetry is not installed",
        hint=f"Install it with {INSTALL}, or set telemetry.enabled to false.",
    )
