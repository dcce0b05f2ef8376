"""The packages as they are built: what is in them, and that what is installed from them works."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[1]
PACKED = (
    "tactus",
    "ide_backend",
    "procedures",
    "docs",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "pyproject.toml",
    "hatch_build.py",
    ".gitignore",
)
MODULES = ROOT / "ide_backend" / "frontend" / "node_modules"
NO_NPM = "The package is without the IDE's page: building it needs Node 20 or later with npm"
PAGE = "ide_backend/static/index.html"

needs_npm = pytest.mark.skipif(
    shutil.which("npm") is None or not (MODULES / ".installed").exists(),
    reason="the page is built with npm and its packages, which are not here: make ui-check",
)


def tree(folder: Path) -> Path:
    """A copy of the sources, so that the page of the work tree stays as it is."""
    root = folder / "tree"
    ignore = shutil.ignore_patterns("node_modules", "static", "__pycache__")
    for name in PACKED:
        source, copy = ROOT / name, root / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=ignore)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    if MODULES.exists():
        (root / "ide_backend/frontend/node_modules").symlink_to(MODULES)
    return root


def build(
    root: Path, target: str, *, npm: bool, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Build a package of `root` into its `dist`, as pip and hatch do."""
    environ = {k: v for k, v in os.environ.items() if k != "TACTUS_SKIP_UI"} | variables
    if not npm:
        environ["PATH"] = str(root / "nowhere")
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", "dist"],
        cwd=root,
        env=environ,
        text=True,
        capture_output=True,
        check=False,
    )


def packed(root: Path, target: str = "wheel", *, npm: bool = False, **variables: str) -> str:
    """Build a package of `root`; what the build said."""
    said = build(root, target, npm=npm, **variables)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout + said.stderr


def the_wheel(root: Path) -> Path:
    (wheel,) = (root / "dist").glob("*.whl")
    return wheel


def names(root: Path) -> set[str]:
    """The files in the wheel that was built of `root`."""
    with zipfile.ZipFile(the_wheel(root)) as wheel:
        return set(wheel.namelist())


def give_page(root: Path) -> Path:
    """A built page, newer than every source, without building one."""
    index = root / PAGE
    (index.parent / "assets").mkdir(parents=True)
    (index.parent / "assets" / "page.js").write_text("1\n")
    index.write_text('<script src="/assets/page.js"></script>\n')
    return index


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, of which a wheel was built with npm."""
    root = tree(tmp_path_factory.mktemp("built"))
    assert "Building the IDE's page" in packed(root, npm=True)
    return root


@needs_npm
def test_the_wheel_has_the_page_and_every_asset_that_it_names(built: Path) -> None:
    with zipfile.ZipFile(the_wheel(built)) as wheel:
        page = wheel.read(PAGE).decode()
    assets = re.findall(r'"/(assets/[^"]+)"', page)
    assert {Path(asset).suffix for asset in assets} == {".js", ".css", ".svg"}
    assert {f"ide_backend/static/{asset}" for asset in assets} <= names(built)


def test_the_wheel_has_the_lua_files_and_the_procedures_and_nothing_of_the_workshop(
    tmp_path: Path,
) -> None:
    root = tree(tmp_path)
    session = root / "procedures" / ".tactus" / "session"  # as `make ide` leaves it
    session.parent.mkdir(exist_ok=True)
    session.write_text("what opens somebody's server")
    packed(root)
    held = names(root)
    lua = {str(file.relative_to(root)) for file in (root / "tactus").rglob("*.lua")}
    procedures = {f"tactus/procedures/{file.name}" for file in (root / "procedures").glob("*.lua")}
    assert "tactus/dsl/tactus.d.lua" in lua
    assert "tactus/procedures/storyteller.lua" in procedures
    assert {*lua, *procedures, "tactus/py.typed", "ide_backend/py.typed"} <= held
    tops = {name.split("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tactus", "ide_backend"}
    assert not [
        name for name in held if re.search(r"frontend|node_modules|tests|\.tactus|\.tsx?$", name)
    ]


@needs_npm
def test_a_page_that_is_fresh_is_packed_as_it_is(built: Path) -> None:
    before = (built / PAGE).stat().st_mtime_ns
    assert "page" not in packed(built, npm=True)
    assert (built / PAGE).stat().st_mtime_ns == before
    assert PAGE in names(built)


@pytest.mark.parametrize("source", ["src/main.tsx", "package-lock.json", "index.html"])
def test_without_npm_a_stale_page_is_left_out_and_one_sentence_says_so(
    tmp_path: Path, source: str
) -> None:
    root = tree(tmp_path)
    index = give_page(root)
    assert "page" not in packed(root)
    assert PAGE in names(root)
    changed = index.stat().st_mtime + 1
    os.utime(root / "ide_backend/frontend" / source, (changed, changed))
    said = packed(root)
    assert said.count(NO_NPM) == 1
    assert not [name for name in names(root) if "static" in name]


def test_the_page_can_be_left_out(tmp_path: Path) -> None:
    root = tree(tmp_path)
    give_page(root)
    assert "TACTUS_SKIP_UI is 1" in packed(root, TACTUS_SKIP_UI="1")
    assert PAGE not in names(root)


@needs_npm
def test_a_page_that_cannot_be_built_ends_the_build_and_says_how_to_go_on(tmp_path: Path) -> None:
    root = tree(tmp_path)
    main = root / "ide_backend/frontend/src/main.tsx"
    main.write_text(main.read_text() + "\nconst broken: number = 'no number';\n")
    said = build(root, "wheel", npm=True)
    assert said.returncode != 0
    assert "main.tsx" in said.stdout + said.stderr
    assert "TACTUS_SKIP_UI=1 builds the package without the page" in said.stdout + said.stderr


def test_an_editable_install_leaves_the_page_alone(tmp_path: Path) -> None:
    root = tree(tmp_path)
    said = subprocess.run(
        [sys.executable, "-c", "import hatchling.build as b; b.build_editable('dist')"],
        cwd=root,
        env={**os.environ, "PATH": ""},
        text=True,
        capture_output=True,
        check=True,
    )
    assert "page" not in said.stdout + said.stderr
    assert the_wheel(root).stat().st_size > 0


def test_the_sdist_builds_the_same_wheel_without_npm(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (root / "ide_backend/frontend/node_modules").unlink(missing_ok=True)
    give_page(root)
    packed(root, "sdist")
    packed(root)
    (sdist,) = (root / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    for source in ("frontend/src/main.tsx", "frontend/package-lock.json", "static/index.html"):
        assert (unpacked / "ide_backend" / source).is_file()
    assert not (unpacked / "tests").exists()
    assert "page" not in packed(unpacked)
    assert names(unpacked) == names(root) != set()


@contextmanager
def serving(tactus: Path, folder: Path) -> Iterator[str]:
    """The IDE as it was installed; gives the address of its page, without the token."""
    process = subprocess.Popen(
        [tactus, "ide", folder, "--no-open", "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().partition("#")[0]
    finally:
        process.terminate()
        process.communicate()


def installed_from(wheel: Path, place: Path) -> Path:
    """A fresh environment with `wheel` in it, and what it needs from the one of the tests."""
    venv.create(place, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    into = ["--python", str(place / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, *into, "--no-deps", "--no-index", str(wheel)], check=True)
    packages = next(place.glob("lib/python*/site-packages"))
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place


@needs_npm
def test_what_is_installed_checks_and_serves_the_page(built: Path, tmp_path: Path) -> None:
    place = installed_from(the_wheel(built), tmp_path / "installed")
    tactus = place / "bin" / "tactus"

    def said(*arguments: str) -> str:
        command = [str(tactus), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    assert "Usage: tactus" in said("--help")
    (story,) = place.rglob("procedures/storyteller.lua")
    said("check", str(story))
    with serving(tactus, tmp_path) as address, urlopen(address) as answer:  # noqa: S310
        page = answer.read().decode()
        assert "The page is not built" not in page
        for asset in re.findall(r'"/(assets/[^"]+)"', page):
            with urlopen(address + asset) as found:  # noqa: S310
                assert found.read()


def test_what_is_installed_without_the_page_says_how_to_get_it(tmp_path: Path) -> None:
    root = tree(tmp_path)
    packed(root, TACTUS_SKIP_UI="1")
    place = installed_from(the_wheel(root), tmp_path / "installed")
    with serving(place / "bin" / "tactus", tmp_path) as address, urlopen(address) as answer:  # noqa: S310
        page = answer.read().decode()
    assert "The page is not built" in page
    assert "build the wheel anew where npm is" in page
