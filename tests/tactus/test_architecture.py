"""What the house promises of itself and no linter checks."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted([*ROOT.glob("tactus/**/*.py"), *ROOT.glob("ide_backend/**/*.py")])
LUA = sorted([*ROOT.glob("tactus/**/*.lua"), *ROOT.glob("procedures/*.lua")])
VAGUE = ("manager", "helper", "utils", "context", "service")


@pytest.mark.parametrize("path", MODULES + LUA, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_grows_beyond_the_wall(path: Path) -> None:
    if path.name == "tactus.d.lua":  # generated
        return
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_has_a_vague_name(path: Path) -> None:
    assert not any(word in path.stem for word in VAGUE)


def test_the_locks_name_no_host() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index-url" not in text


@pytest.mark.parametrize("path", sorted(ROOT.glob("procedures/*.lua")), ids=lambda path: path.name)
def test_every_procedure_begins_by_saying_what_it_shows(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith(f"-- {path.name}: ")
