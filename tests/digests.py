"""What everything is rendered to, as a line of digests: run by `test_same_bytes.py` in one environment after another.

`python digests.py fixtures` renders every fixture, `python digests.py random SEED COUNT` random blocks. The first line
says, in JSON, what of its environment has come into effect.
"""

from __future__ import annotations

import ctypes
import json
import locale
import random
import sys
import warnings
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent.parent / "fixtures"
FEW = ("documents/scripts", "documents/containers", "flow/projections", "heads/split")


def digest(text: str) -> str:
    """Sixteen digits that stand for the text; bytes that were no UTF-8 are themselves."""
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def rendered(source: Path) -> str:
    """The document, or the diagnostics."""
    from mdattn.document import render_document
    from mdattn.errors import DiagramError

    try:
        return render_document(source.read_bytes().decode("utf-8", "surrogateescape"), path=source).text
    except DiagramError as error:
        return "".join(each.line(source.name) + "\n" for each in error.diagnostics)


def page(source: Path) -> str:
    """The document as the plugin makes HTML of it."""
    from markdown_it import MarkdownIt

    from mdattn import DiagramWarning, attention_diagram_plugin

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DiagramWarning)
        return str(MarkdownIt().use(attention_diagram_plugin).render(source.read_text(encoding="utf-8")))


def fixtures() -> Iterator[tuple[str, str]]:
    """Each fixture's name and what it is rendered to."""
    for source in sorted(FIXTURES.rglob("*.md")):
        if not source.name.endswith(".out.md"):
            yield str(source.relative_to(FIXTURES)), rendered(source)


def _block(chance: random.Random) -> dict[str, Any]:
    """A block with numbers of any size: small and large, with few decimals and many, more tokens than fit a page."""
    from mdattn.diagrams import KINDS

    kind = chance.choice(list(KINDS))
    options = KINDS[kind].options.__struct_fields__
    count = chance.choice([1, 2, 3, 5, 8] if kind != "heatmap" else [2, 5, 13, 40, 90])
    block: dict[str, Any] = {
        "kind": kind,
        "tokens": [f"t{place}" for place in range(count)],
        "decimals": chance.randint(0, 6),
        "width": 200,
    }
    if "d_ff" in options:
        return {
            **block,
            "values": True,
            "d_model": chance.choice([4, 16, 64]),
            "heads": 2,
            "layers": chance.randint(1, 3),
        }
    size = chance.choice([1, 2, 3, 4] if kind == "steps" else [1, 2, 3, 4, 8, 16, 64])
    largest, decimals = chance.choice([0.01, 1, 1, 10, 1000, 1e5]), chance.choice([0, 1, 2, 3, 5])

    def number() -> float:
        return round(chance.uniform(-largest, largest), decimals) if chance.random() < 0.8 else chance.randint(-3, 3)

    block["embeddings"] = [[number() for _ in range(size)] for _ in range(count)]
    if "query" in options:
        block["query"] = chance.randrange(count)
    if "arithmetic" in options:
        block["arithmetic"] = chance.choice(["exact", "shown"])
    if kind != "steps" and "heads" in options and size % 2 == 0 and chance.random() < 0.5:
        block["heads"] = 2
    if "projections" in options and chance.random() < 0.4:
        names = ("query", "key", "value")
        block["projections"] = {name: [[number() for _ in range(size)] for _ in range(size)] for name in names}
    extras: dict[str, list[Any]] = {
        "temperature": [0.5, 2, 10],
        "softcap": [1, 30, 50],
        "mask": ["causal", {"window": 2}],
    }
    return block | {name: chance.choice(values) for name, values in extras.items() if chance.random() < 0.3}


def blocks(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Random blocks as JSON, and what each is drawn as."""
    from mdattn import DiagramError, diagram

    chance = random.Random(seed)
    for _ in range(count):
        block = _block(chance)
        try:
            drawn = str(diagram(block))
        except DiagramError as error:
            drawn = f"error: {error}"
        yield json.dumps(block), drawn


def _core() -> str | None:
    """The processor whose kernels OpenBLAS has chosen, where numpy has an OpenBLAS that says so."""
    maps = Path("/proc/self/maps")
    lines = maps.read_text(encoding="utf-8").split("\n") if maps.exists() else []
    libraries = {line.split(maxsplit=5)[5] for line in lines if "openblas" in line}
    for library in libraries:
        for name in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename64_"):
            function = getattr(ctypes.CDLL(library), name, None)
            if function is not None:
                function.restype = ctypes.c_char_p
                return str(function().decode())
    return None


def features() -> dict[str, bool]:
    """The processor features that numpy chooses kernels by, and whether it uses them."""
    folder = "numpy._core" if find_spec("numpy._core") else "numpy.core"  # numpy 2, numpy 1
    core = import_module(f"{folder}._multiarray_umath")
    return {name: core.__cpu_features__[name] for name in core.__cpu_dispatch__}


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")  # A program that the package is a guest in may have done so.
    effect = {"decimal_point": locale.localeconv()["decimal_point"], "features": features(), "core": _core()}
    found = fixtures() if sys.argv[1] == "fixtures" else blocks(*map(int, sys.argv[2:]))
    lines = [json.dumps(effect)]
    lines += [f"{digest(text)} {name}" for name, text in found]
    if sys.argv[1] == "fixtures":
        lines += [f"{digest(page(FIXTURES / f'{name}.md'))} {name} as HTML" for name in FEW]
    sys.stdout.buffer.write("\n".join(lines).encode())
