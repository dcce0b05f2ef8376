"""What a package holds beside its modules: the IDE's page, built when it is stale, and examples."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "TACTUS_SKIP_UI"  # 1 builds the package without the page

_SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts")


class PackageBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # of any builder
    """Adds the built page to a wheel or an sdist, never a stale one, and the examples to a wheel.

    An editable install takes both from the work tree, where `make ide` builds the page.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the files are collected.

        Raises:
            RuntimeError: npm is there and cannot build the page.
        """
        if version == "editable":
            return
        if self.target_name == "wheel":  # one by one: `make ide` keeps its event log beside them
            for file in Path(self.root, "procedures").glob("*.lua"):
                build_data["force_include"][str(file)] = f"tactus/procedures/{file.name}"
        self._add_page(build_data)

    def _add_page(self, build_data: dict[str, Any]) -> None:
        if os.environ.get(SKIP) == "1":
            self.app.display_warning(f"The package is without the IDE's page: {SKIP} is 1.")
            return
        page = Path(self.root, "ide_backend", "static", "index.html")
        sources = Path(self.root, "ide_backend", "frontend")
        if _is_stale(page, sources):
            npm = shutil.which("npm")
            if npm is None:
                self.app.display_warning(
                    "The package is without the IDE's page: building it needs Node 20 or later"
                    " with npm; the command line works without."
                )
                return
            self.app.display_info("Building the IDE's page")
            _build(npm, sources)
        build_data["artifacts"].append("/ide_backend/static/**")  # not in git, so named here


def _is_stale(page: Path, sources: Path) -> bool:
    """Whether a source is newer than the page; in an unpacked sdist all have the same time."""
    if not page.is_file():
        return True
    built = page.stat().st_mtime
    listed = (sources / name for name in _SOURCES)
    files = (file for path in listed for file in (path, *path.rglob("*")) if file.is_file())
    return any(file.stat().st_mtime > built for file in files)


def _build(npm: str, sources: Path) -> None:
    """Install the page's packages unless they are there, as `make ide` does, and build it."""
    installed = sources / "node_modules" / ".installed"
    lock = sources / "package-lock.json"
    try:
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            _run(npm, "ci", "--no-audit", "--no-fund", folder=sources)
            installed.touch()
        _run(npm, "run", "--silent", "build", folder=sources)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(
            f"the IDE's page could not be built: `npm {' '.join(error.cmd[1:])}` in {sources}"
            f" failed; what it said is above. {SKIP}=1 builds the package without the page."
        ) from None


def _run(*command: str, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603  # npm, by its full path
