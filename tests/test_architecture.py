"""The layout that ARCHITECTURE.md describes: who imports whom, and how long things may be."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
LONGEST_MODULE = 400  # lines
LONGEST_FUNCTION = 80  # lines without the docstring
PAGE_SCRIPTS = "pages/*.py"


@cache
def modules() -> dict[str, Path]:
    """Every Python module of the program by its path from the root."""
    files = [ROOT / "app.py", ROOT / "navigation.py"]
    for folder in ("core", "pages", "benchmarks"):
        files += (ROOT / folder).rglob("*.py")
    return {path.relative_to(ROOT).as_posix(): path for path in sorted(files)}


@cache
def tree(path: str) -> ast.Module:
    return ast.parse(modules()[path].read_text(encoding="utf-8"))


@cache
def allowed_imports() -> dict[str, set[str]]:
    """Table of packages in ARCHITECTURE.md: each package and the packages it may import."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    section = re.search(r"^## Who may import whom\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    table = {}
    for row in re.findall(r"^\| *`([^`]+)` *\|(.*)\|$", section[1], re.MULTILINE):
        package, imports = row
        assert package not in table, f"{package} stands in the table twice"
        table[package] = set(re.findall(r"`([^`]+)`", imports))
    return table


def package_of(path: str) -> str | None:
    """Package of a module, as the table names it; None where the table has none."""
    if path.startswith("pages/") and path.count("/") == 1:
        return PAGE_SCRIPTS
    packages = [path, *(parent.as_posix() for parent in Path(path).parents)]
    return next((package for package in packages if package in allowed_imports()), None)


def module_file(name: str) -> str | None:
    """Path of a module of the program by its dotted name; None for anything else."""
    path = name.replace(".", "/")
    return next((file for file in (f"{path}.py", f"{path}/__init__.py") if file in modules()), None)


def names_imported(node: ast.AST) -> Iterator[str]:
    """Dotted names of the modules that one import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        assert node.module is not None
        for alias in node.names:
            below = f"{node.module}.{alias.name}"
            yield below if module_file(below) else node.module


def all_imports(path: str) -> set[str]:
    """Names of the modules that a module imports anywhere, within functions as well."""
    return {name for node in ast.walk(tree(path)) for name in names_imported(node)}


def imports_when_loaded(path: str) -> set[str]:
    """Files of the program that are imported while a module is loaded."""
    names: set[str] = set()
    waiting: list[ast.AST] = [tree(path)]
    while waiting:
        node = waiting.pop()
        names.update(names_imported(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
    return {file for name in names if (file := module_file(name)) is not None}


def functions(path: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def outside_circles(graph: dict[str, set[str]]) -> set[str]:
    """Modules that import none of the others, or that none of the others imports."""
    imported = set().union(*graph.values())
    return {path for path, imports in graph.items() if not imports or path not in imported}


def is_migration(path: str) -> bool:
    return path.startswith("core/annotation/migrations/")


def test_every_module_belongs_to_a_package_of_the_table() -> None:
    homeless = [path for path in modules() if package_of(path) is None]
    assert homeless == ["core/__init__.py"]


def test_the_table_names_only_rooms_that_exist() -> None:
    table = allowed_imports()
    packages = {package_of(path) for path in modules()}
    assert set(table) == packages - {None}
    assert set().union(*table.values()) <= set(table)


def test_rooms_import_only_what_the_table_allows() -> None:
    forbidden = []
    for path in modules():
        here = package_of(path)
        for name in all_imports(path):
            file = module_file(name)
            there = package_of(file) if file is not None else None
            if there is None or there == here:
                continue
            if here is None or there not in allowed_imports()[here]:
                forbidden.append(f"{path} imports {file}")
    assert sorted(forbidden) == []


def test_no_module_imports_itself_through_others() -> None:
    graph = {path: imports_when_loaded(path) - {path} for path in modules()}
    while outside := outside_circles(graph):
        graph = {path: imports - outside for path, imports in graph.items() if path not in outside}
    assert graph == {}


def test_core_works_without_streamlit() -> None:
    users = [
        path
        for path in modules()
        if path.startswith("core/")
        and any(name.split(".")[0] == "streamlit" for name in all_imports(path))
    ]
    assert users == []


def test_only_the_pages_of_the_navigation_lie_directly_under_pages() -> None:
    """Streamlit serves every script there under an address of its own, in the navigation or not."""
    scripts = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__"}
    navigation = (ROOT / "navigation.py").read_text(encoding="utf-8")
    assert scripts == set(re.findall(r'st\.Page\("pages/(\w+)\.py"', navigation))


@pytest.mark.parametrize("folder", ["core", "pages", "benchmarks", "tests"])
def test_modules_are_short(folder: str) -> None:
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".mjs") and "node_modules" not in path.parts
    }
    assert {path: size for path, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_functions_are_short() -> None:
    sizes = {
        f"{path}:{function.name}": code_lines(function)
        for path in modules()
        if not is_migration(path)
        for function in functions(path)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_files_that_the_document_names_exist() -> None:
    """Paths are given from the root or from the editor's JavaScript, or as a name alone."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    names = set(re.findall(r"`([\w/]+(?:\.py|\.js|/))`", text))
    roots = (ROOT, ROOT / "pages" / "slice_editor" / "slicewise")
    known = {path.name for folder in ("core", "pages") for path in (ROOT / folder).rglob("*.*")}
    missing = [
        name
        for name in names
        if name not in known and not any((root / name).exists() for root in roots)
    ]
    assert sorted(missing) == []
