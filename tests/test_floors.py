"""The house plan: each module imports only from lower floors, and the rare libraries have one door each."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mdattn

PACKAGE = Path(__file__).parent.parent / "mdattn"
FLOORS = {
    "errors": 0,
    "cells": 0,
    "numerals": 0,
    "glyphs": 0,
    "digests": 0,
    "files": 0,
    "blocks": 1,
    "options": 1,
    "attention": 1,
    "canvas": 1,
    "layout": 2,
    "study": 2,
    "diagrams": 3,
    "document": 4,
    "drafts": 5,
    "plugin": 5,
    "report": 6,
    "cli": 7,
    "__main__": 8,
}
# Which file or room may import a library that costs start-up or that must have one door.
DOORS: dict[str, set[str]] = {
    "yaml": {"options"},
    "yamlcore": {"options"},
    "wcwidth": set(),  # Its releases differ: the tests measure with it, the package with a table of its own.
    "numpy": {"attention", "study", "diagrams"},
    "markdown_it": {"blocks", "plugin", "drafts"},
    "mdit_py_plugins": {"blocks", "plugin", "drafts"},
    "argparse": {"cli"},
    "tqdm": {"report"},
    "dataclasses": set(),  # Each class takes a start 0.4 ms: a named tuple takes 0.05, a struct 0.01.
    "hashlib": {"digests", "attention"},  # It loads OpenSSL; `digests` does not.
    "msgspec": {"options", "study", "diagrams", "attention"},
}
TABLES = "mdattn.cells._graphemes"  # Only text that is not plain needs them.
FILES = sorted(PACKAGE.rglob("*.py"))


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            names = [alias.name for alias in node.names]
            yield from ((f"mdattn.{name}" if node.module == "mdattn" else node.module, node) for name in names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    room = _room(path)
    if room == "__init__":
        return
    for name, node in _imports(path):
        if not name.startswith("mdattn."):
            continue
        target = name.split(".")[1]
        if target in FLOORS and target != room:
            assert FLOORS[target] < FLOORS[room], f"{room}:{node.lineno} imports {target}"
        if room == target == "diagrams" and len(name.split(".")) > 2:
            kind = path.relative_to(PACKAGE).parts[1].removesuffix(".py")
            shared = name.split(".")[2].startswith("_")
            assert shared or name.split(".")[2] == kind, f"{path.name}:{node.lineno} imports the kind {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_has_one_door(path: Path) -> None:
    for name, node in _imports(path):
        library = name.split(".")[0]
        if library in DOORS:
            assert _room(path) in DOORS[library], f"{path.name}:{node.lineno} imports {library}"


def test_every_room_is_on_a_floor() -> None:
    rooms = {_room(path) for path in FILES} - {"__init__"}
    assert rooms <= set(FLOORS)


def test_a_number_becomes_text_in_one_place() -> None:
    """No format specification with decimals outside of `numerals` (`:g` in messages about values is not a diagram)."""
    for path in FILES:
        if path.name == "numerals.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                spec = ast.unparse(node.format_spec)
                assert not spec.rstrip("'\"").endswith(("f", "%", "e")), f"{path.name}:{node.lineno} formats {spec}"


def _loaded_after(code: str, folder: Path | None = None) -> set[str]:
    # What the interpreter has loaded by itself, as for an editable install, is not the package's doing.
    script = f"import sys; before = set(sys.modules)\n{code}\nprint('\\n'.join(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_heavy() -> None:
    loaded = _loaded_after("import mdattn")
    assert not loaded & {"numpy", "markdown_it", "yaml", "msgspec", "argparse", "json", "difflib", TABLES}
    assert "mdattn.document" not in loaded


def test_a_document_without_blocks_imports_no_parser() -> None:
    loaded = _loaded_after("import mdattn; assert mdattn.render('# Title\\n\\n```python\\n1\\n```\\n')")
    assert not loaded & {"numpy", "markdown_it", "yaml", "msgspec", TABLES}


def test_an_ascii_diagram_imports_no_width_tables() -> None:
    loaded = _loaded_after("import mdattn; mdattn.diagram('kind: heatmap\\ntext: The café sat')")
    assert "numpy" in loaded
    assert TABLES not in loaded


# What a run may not load, whole packages too. Most runs of a hook or a check find nothing to draw.
NEVER = {"tqdm", "difflib", "json", "hashlib", "secrets", "tempfile", "subprocess", "tomllib", "mdattn.plugin"}
NEVER |= {TABLES, "mdattn.report._terminal", "mdattn.report._progress", "mdattn.drafts._patch", "mdattn.drafts._lines"}
NO_BLOCK = NEVER | {"numpy", "yaml", "yamlcore", "msgspec", "markdown_it", "mdit_py_plugins", "dataclasses", "inspect"}
NO_BLOCK |= {"pathlib", "shutil", "textwrap", "unicodedata", "logging", "random", "datetime", "decimal", "ast"}
NO_BLOCK |= {"mdattn.options", "mdattn.diagrams", "mdattn.attention", "mdattn.canvas", "mdattn.cells"}
NO_BLOCK |= {"mdattn.document", "mdattn.files"}
NO_BLOCK |= {f"mdattn.blocks._{name}" for name in ("containers", "doubts", "find", "inplace", "parse", "parts")}
NO_BLOCK |= {"mdattn.blocks._splice", "mdattn.blocks._tokens"}
# What the libraries load of the standard library, one release more and another less, is not the package's doing.
LIBRARIES = "import numpy, yaml, yamlcore, msgspec, markdown_it, mdit_py_plugins"
BLOCK = {name for name in NEVER if name.startswith("mdattn.")} | {"tqdm", "mdattn.attention.sources"}
BLOCK |= {"mdattn.attention.formats"}
BLOCK |= {
    f"mdattn.options._{name}"
    for name in ("misfit", "meant", "syntax", "brackets", "toml", "doubts", "python", "describe")
}
BLOCK |= {"hashlib", "_hashlib", "secrets", "random", "difflib", "tempfile", "subprocess"}
BLOCK |= {"mdattn.blocks._inplace", "mdattn.diagrams.heads", "mdattn.diagrams.flow", "mdattn.drafts._page"}
BLOCK |= {"mdattn.blocks._parts"}
BLOCK |= {"mdattn.canvas"}  # Only pictures whose lines meet need it.


@pytest.mark.parametrize(
    ("command", "forbidden"),
    [
        ("--version", NO_BLOCK | {"mdattn.drafts._check", "mdattn.drafts._output"}),
        ("render plain.md", NO_BLOCK | {"mdattn.drafts._check"}),
        ("render plain.md -o new.md", NO_BLOCK | {"mdattn.drafts._check"}),
        ("render plain.md -o same.md --check", NO_BLOCK | {"mdattn.drafts._output"}),
        ("render plain -o same --check --diff --output-format github", NO_BLOCK),
        ("update plain.md plain", NO_BLOCK),
        ("render block.md", BLOCK),
        ("render block.md -o new.md", BLOCK),
        ("render block.md -o drawn.md --check", BLOCK),
    ],
)
def test_a_run_imports_what_it_uses(command: str, forbidden: set[str], tmp_path: Path) -> None:
    plain = "# A title\n\n```python\n1\n```\n\n<!-- a comment -->\n\n::: note\nWords.\n:::\n"
    block = "```attention-diagram\nkind: heatmap\ntext: The cat sat\n```\n"
    documents = {"plain.md": plain, "same.md": plain, "plain/a.md": plain, "same/a.md": plain}
    documents |= {"block.md": plain + block, "drawn.md": mdattn.render(plain + block)}
    for name, text in documents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    run = (
        "import io; from mdattn.cli import main; out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())\n"
        f"assert main({command.split()}) == 0\nsys.stdout = out"
    )
    loaded = _loaded_after(run, tmp_path)
    assert "mdattn.cli" in loaded
    if "block.md" in command:
        forbidden = forbidden - _loaded_after(LIBRARIES)
    assert not loaded & forbidden


def test_no_pattern_is_compiled_while_the_command_is_imported() -> None:
    """A pattern at module level takes each start as long as ten thousand uses of it."""
    _loaded_after(
        "import re, argparse, locale, gettext\n"
        "def compiled(pattern, *_): raise AssertionError(pattern)\n"
        "re._compile = compiled\n"
        "import mdattn.cli, mdattn.report, mdattn.drafts"
    )
