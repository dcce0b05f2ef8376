"""The matrix through LiteLLM, told as JSON, in a process of its own: it takes seconds to import.

Its servers have a thread of their own: LiteLLM asks Ollama about a model with a blocking call.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

import anyio
from anyio.from_thread import start_blocking_portal

from tactus.definitions import AgentDefinition
from tactus.dspy.agent import Agent
from tactus.dspy.models import Models
from tactus.events import Event
from tactus.settings import Settings
from tests.providers import Server, provider_server
from tests.tactus.dspy.outcomes import outcome
from tests.tactus.dspy.speaking import SECRETS, SPEAKERS, Scene
from tests.tactus.dspy.test_matrix import CASES, Case


async def turn(wire: str, case: Case, server: Server, whole: bool) -> dict[str, Any]:
    """How one turn of the matrix comes out."""
    provider, model = SPEAKERS[wire]
    settings = Settings.model_validate(
        {
            "api_base": {provider: server.base_url},
            "secrets": SECRETS,
            "retries": 0,
            "timeout": 20,
            "engine": "litellm",
        }
    )
    models = Models(settings)
    events: list[Event] = []
    fields = {"name": "a", "provider": provider, "model": model, "disable_streaming": whole}
    definition = AgentDefinition.model_validate({**fields, **case.definition})

    def another() -> Scene:
        return Scene(Agent(definition, models, settings, events.append), server, events, another)

    try:
        came = asdict(await outcome(another(), case.tools))
    except Exception as error:  # noqa: BLE001  # told to whoever compares
        came = {"ending": "error", "error": f"{type(error).__name__}: {error}"}
    await models.aclose()
    engines = {type(engine).__name__ for _, engine in models._engines.values()}
    return {**came, "breaches": server.breaches, "engines": sorted(engines)}


async def main() -> None:
    asked = sys.argv[2:] or list(CASES)
    for wire in sys.argv[1].split(","):
        unspoken = {"comments"} if wire == "ollama" else set()  # its NDJSON has none
        for name in [name for name in asked if name not in unspoken]:
            case = CASES[name]
            for whole in (False, True):
                with (
                    start_blocking_portal() as portal,
                    portal.wrap_async_context_manager(
                        provider_server(wire, *case.answers, choose=case.choose)
                    ) as server,
                ):
                    told = await turn(wire, case, server, whole)
                told |= {"wire": wire, "case": name, "whole": whole}
                sys.stdout.write(json.dumps(told) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(main)
