"""The plan of the houses, held by tests. The contracts between houses stand in ``pyproject.toml``."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "primoro_campaigns"

LONGEST_FILE = 500
"""Lines. A longer file holds more than one concept."""

MAY_SPEAK_SQL = (
    "storage/*",
    "server/database/*",
    "server/schema.py",
    "server/*/store.py",
    "server/*/tables.py",
    "desktop/local/*",
)
HANDLES = re.compile(r"sqlalchemy\.((ColumnElement|Connection|Row|Table)$|exc\.)")
"""What a service of the server may hold, hand on to its store, or catch, without saying a word of SQL."""
DATABASES = {"alembic", "psycopg", "sqlalchemy", "sqlcipher3", "sqlite3"}
SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s"
    r"|(CREATE|DROP|ALTER)\s+(TEMP\s+|UNIQUE\s+|VIRTUAL\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s+\w)",
    re.DOTALL,
)

MAY_LOAD_LATER = ("__main__.py", "desktop/account/cache_door.py", "desktop/late.py", "desktop/start.py")
"""Where modules are loaded by name: only the program asked for, and of the desktop the window first."""

WITHOUT_QT = (
    "desktop/*/presenter.py",
    "desktop/sync/*",
    "desktop/local/*",
    "desktop/remote/*",
    "desktop/*/runner.py",
)
FIRST_STAGE = ("call", "consent", "kit", "patient", "reply", "shell")
"""Of the desktop: what is loaded before, or at once after, the first paint, without the heavy libraries."""
SECOND_STAGE_LIBRARIES = ("apscheduler", "phonenumbers", "pydantic", "requests", "sqlalchemy")

VAGUE_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}

DESKTOP_SHARED = {"kit", "local", "remote", "shell", "sync", "work"}
"""The packages of the desktop that are not rooms."""

TEXT_FOLDERS = ("src", "tests", "benchmarks", "docs", "installer", "requirements", ".ci")
# Put together here, so that this file does not name what it forbids.
REGISTRIES = re.compile(
    "|".join(
        re.escape(host + end)
        for host, end in [("py", "pi.org"), ("python", "hosted.org"), ("ana", "conda.org")]
    )
    + "|--(extra-)?index"
    + "-url|--find"
    + "-links"
)
MACHINE_PATHS = re.compile(r"(?<![\w.}>/])/(root|home|Users|" + "wo" + r"rk|opt)/[\w.]")


def modules(*patterns: str) -> list[Path]:
    """The modules of the package whose path inside it fits one of the patterns, or all."""
    found = sorted(PACKAGE.rglob("*.py"))
    return [path for path in found if not patterns or fits(path, patterns)]


def fits(path: Path, patterns: tuple[str, ...]) -> bool:
    inside = path.relative_to(PACKAGE).as_posix()
    return any(fnmatch(inside, pattern) for pattern in patterns)


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


def texts() -> Iterator[Path]:
    """Every text file of the checkout that belongs to the repository."""
    for path in sorted(ROOT.iterdir()):
        if path.is_file():
            yield path
    for folder in TEXT_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            ours = "__pycache__" not in path.parts and not path.name.endswith(".pyc")
            if path.is_file() and ours and not any(part.endswith(".egg-info") for part in path.parts):
                yield path


def none_of(found: list[str]) -> None:
    assert not found, "\n".join(["", *found])


def test_import_contracts() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def loaded_by(paths: list[Path]) -> set[str]:
    """The top-level packages that a fresh Python has loaded after importing these modules."""
    names = [dotted(path) for path in paths]
    program = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_presenters_sync_local_and_remote_load_without_qt() -> None:
    paths = modules(*WITHOUT_QT)
    assert paths
    assert loaded_by(paths) & {"PySide6", "shiboken6"} == set()


@pytest.mark.parametrize("room", FIRST_STAGE)
def test_what_is_loaded_around_the_first_paint_is_light(room: str) -> None:
    paths = modules(f"desktop/{room}/*")
    assert loaded_by(paths) & set(SECOND_STAGE_LIBRARIES) == set()


def test_domain_uses_only_the_standard_library_and_phonenumbers() -> None:
    allowed = sys.stdlib_module_names | {"phonenumbers", "primoro_campaigns"}
    strange = [
        f"{where(path, line)} {name}"
        for path in modules("domain/*")
        for line, name in imported(parsed(path))
        if name.partition(".")[0] not in allowed
    ]
    none_of(strange)


def test_domain_never_asks_the_clock() -> None:
    asked = [
        where(path, node.lineno)
        for path in modules("domain/*")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and re.fullmatch(r"(datetime\.)?(datetime|date)\.(now|today|utcnow)", ast.unparse(node))
    ]
    none_of(asked)


def test_sql_is_spoken_only_where_it_belongs() -> None:
    spoken = []
    for path in modules():
        if fits(path, MAY_SPEAK_SQL):
            continue
        tree = parsed(path)
        spoken += [
            f"{where(path, line)} imports {name}"
            for line, name in imported(tree)
            if name.partition(".")[0] in DATABASES and not (fits(path, ("server/*",)) and HANDLES.match(name))
        ]
        spoken += [
            f"{where(path, node.lineno)} {node.value[:40]!r}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
        ]
    none_of(spoken)


def test_http_of_the_desktop_is_only_in_remote() -> None:
    spoken = [
        f"{where(path, line)} imports {name}"
        for path in modules("desktop/*")
        if not fits(path, ("desktop/remote/*",))
        for line, name in imported(parsed(path))
        if name.partition(".")[0] in {"requests", "urllib3", "httpx", "http"}
        or name.startswith("urllib.request")
    ]
    none_of(spoken)


def test_nothing_is_imported_later_than_at_the_top() -> None:
    late = []
    for path in modules():
        tree = parsed(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                late += [f"{where(path, line)} {name}" for line, name in imported(node)]
            if isinstance(node, ast.Name | ast.Attribute) and not fits(path, MAY_LOAD_LATER):
                name = node.id if isinstance(node, ast.Name) else node.attr
                if name in {"__import__", "import_module"}:
                    late.append(f"{where(path, node.lineno)} import by name")
    none_of(late)


def test_packages_say_what_they_are_and_nothing_else() -> None:
    wrong = []
    for path in modules("*__init__.py"):
        body = parsed(path).body
        if len(body) != 1 or ast.get_docstring(parsed(path)) is None:
            wrong.append(path.relative_to(ROOT).as_posix())
    none_of(wrong)


def test_a_room_calls_another_rooms_service_and_never_its_store() -> None:
    wrong = []
    for path in modules("server/*/*"):
        room = path.relative_to(PACKAGE).parts[1]
        for line, name in imported(parsed(path)):
            match = re.match(r"primoro_campaigns\.server\.(\w+)\.(store|api)\b", name)
            if match and match[1] != room:
                wrong.append(f"{where(path, line)} {name}")
    none_of(wrong)


def test_rooms_of_the_desktop_never_import_each_other() -> None:
    wrong = []
    rooms = {path.name for path in (PACKAGE / "desktop").iterdir() if path.is_dir()} - DESKTOP_SHARED
    for path in modules("desktop/*/*"):
        room = path.relative_to(PACKAGE).parts[1]
        for line, name in imported(parsed(path)):
            match = re.match(r"primoro_campaigns\.desktop\.(\w+)\.", name)
            if match and room in rooms and match[1] in rooms - {room}:
                wrong.append(f"{where(path, line)} {name}")
    none_of(wrong)


def test_files_are_short() -> None:
    code = [path for path in texts() if path.suffix == ".py"]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    none_of([f"{path.relative_to(ROOT)}: {count}" for path, count in lines.items() if count > LONGEST_FILE])


def test_files_are_named_for_a_concept() -> None:
    none_of([str(path.relative_to(ROOT)) for path in modules() if VAGUE_NAMES & set(path.stem.split("_"))])


def test_no_registry_and_no_path_of_a_machine_is_named() -> None:
    named = []
    for path in texts():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        named += [
            f"{where(path, number)} {line.strip()[:80]}"
            for number, line in enumerate(lines, 1)
            if REGISTRIES.search(line) or MACHINE_PATHS.search(line)
        ]
    none_of(named)


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_links_between_pages_lead_somewhere() -> None:
    pages = [path for path in texts() if path.suffix == ".md"]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    none_of(broken)
