"""Where telemetry goes, in processes of its own: their providers cannot be taken back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tactus.settings import TelemetrySettings, read_settings
from tactus.telemetry.telemetry import Telemetry

RUN = """
import sys
from tactus.errors import SettingsError
from tactus.events import EventRecord, RunFinishedEvent, RunStartedEvent, Totals
from tactus.settings import TelemetrySettings
from tactus.telemetry.telemetry import Telemetry, missing

settings = TelemetrySettings(enabled=True)
print("missing:", missing(settings))
handle = Telemetry(settings).handler()
events = (
    RunStartedEvent(procedure="story.lua", source_sha256=""),
    RunFinishedEvent(status="completed", totals=Totals()),
)
for seq, event in enumerate(events, 1):
    handle(EventRecord.of(event, seq=seq, run_id="r", timestamp=seq))
"""
EXPORTER = """
from opentelemetry.sdk.trace.export import ConsoleSpanExporter
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

class Spans(ConsoleSpanExporter):
    def __init__(self):
        super().__init__(service_name="x")
        print("spans by NAME")

class Metrics(ConsoleMetricExporter):
    def __init__(self):
        super().__init__()
        print("metrics by NAME")
"""


def run(code: str, path: Path | None = None, **environ: str) -> str:
    given = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    if path is not None:
        given["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**given, **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def install(folder: Path, *names: str) -> Path:
    """Exporters that pip would find in `folder`, under these names of their protocols."""
    for name in names:
        folder.joinpath(f"{name}.py").write_text(EXPORTER.replace("NAME", name))
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        info.joinpath("entry_points.txt").write_text(
            f"[opentelemetry_traces_exporter]\n{name} = {name}:Spans\n"
            f"[opentelemetry_metrics_exporter]\n{name} = {name}:Metrics\n"
        )
    return folder


def test_telemetry_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    settings, _ = read_settings(environ={}, folder=tmp_path)
    assert settings.telemetry == TelemetrySettings(enabled=False, content=False)
    assert Telemetry(settings.telemetry).handler() is None
    environ = {"TACTUS_TELEMETRY__ENABLED": "true"}
    settings, _ = read_settings(environ=environ, folder=tmp_path)
    assert settings.telemetry == TelemetrySettings(enabled=True, content=False)


def test_what_is_off_imports_nothing_of_opentelemetry() -> None:
    code = """
import sys
from tactus.settings import TelemetrySettings
from tactus.telemetry.telemetry import Telemetry, missing
print(Telemetry(TelemetrySettings()).handler(), missing(TelemetrySettings()))
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    assert run(code) == "None None\n[]\n"


@pytest.mark.parametrize("absent", ["opentelemetry", "opentelemetry.sdk"])
def test_what_is_on_without_its_extra_says_how_to_install_it(absent: str) -> None:
    code = f"""
import sys
sys.modules["{absent}"] = None
from tactus.errors import SettingsError
from tactus.settings import TelemetrySettings
from tactus.telemetry.telemetry import Telemetry, missing
print(missing(TelemetrySettings(enabled=True)))
try:
    Telemetry(TelemetrySettings(enabled=True))
except SettingsError as error:
    print(error.message, "|", error.hint)
"""
    said = run(code).splitlines()
    assert len(said) == 2
    assert all('pip install "tactus[otel]"' in line for line in said)


def test_without_an_exporter_it_says_that_nothing_leaves() -> None:
    said = run(RUN)
    assert "no exporter is installed" in said
    assert "pip install opentelemetry-exporter-otlp-proto-http" in said
    assert "invoke_workflow" not in said


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({}, "otlp_proto_http"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "otlp_proto_grpc"),
        ({"OTEL_TRACES_EXPORTER": "otlp_proto_grpc"}, "otlp_proto_grpc"),
    ],
)
def test_an_installed_exporter_is_used(
    tmp_path: Path, environ: dict[str, str], chosen: str
) -> None:
    said = run(RUN, install(tmp_path, "otlp_proto_grpc", "otlp_proto_http"), **environ)
    assert "missing: None" in said
    assert said.count("spans by") == 1
    assert f"spans by {chosen}" in said
    assert said.count('"name": "invoke_workflow story.lua"') == 1
    assert '"service.name": "tactus"' in said


def test_the_variables_name_another_exporter_and_the_service() -> None:
    said = run(RUN, OTEL_TRACES_EXPORTER="console", OTEL_SERVICE_NAME="mine")
    assert "missing: None" in said
    assert '"name": "invoke_workflow story.lua"' in said
    assert '"service.name": "mine"' in said


def test_an_exporter_that_is_not_installed_is_named() -> None:
    code = RUN.replace(
        "handle = Telemetry(settings).handler()",
        """
try:
    Telemetry(settings)
except SettingsError as error:
    print(error.message, "|", error.hint)
    sys.exit()
""",
    )
    said = run(code, OTEL_TRACES_EXPORTER="zipkin_of_old")
    assert "OpenTelemetry cannot be set up: Requested component 'zipkin_of_old' not found" in said
    assert "Check the OTEL_… variables" in said


def test_the_providers_of_a_host_are_left_as_they_are(tmp_path: Path) -> None:
    host = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
"""
    said = run(host + RUN, install(tmp_path, "otlp_proto_http"))
    assert "missing: None" in said
    assert "by otlp" not in said
    assert said.count('"name": "invoke_workflow story.lua"') == 1
