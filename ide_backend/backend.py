"""What the routes work with."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from ide_backend.hub import Hub
from ide_backend.security import Door
from ide_backend.supervisor import Supervisor
from ide_backend.workspace import Workspace
from tactus.settings import Settings
from tactus.store.log import EventLog


@dataclass(frozen=True, slots=True)
class Backend:
    """One server's parts."""

    settings: Settings
    workspace: Workspace
    door: Door
    log: EventLog
    hub: Hub
    supervisor: Supervisor


def backend_of(request: Request) -> Backend:
    """The parts of the server that the request came to."""
    return cast(Backend, request.state.backend)
