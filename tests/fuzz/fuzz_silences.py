"""What was meant as a diagram and is none: never passed over in silence, unless its author switched it off."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from fuzz_faults import Checked, Fault
from fuzz_files import Done, run

Case = dict[str, str]

BODY = "kind: heatmap\ntext: a b\n"
WRONG = "kind: heatmp\ntext: a b\n"
# A document (BODY and WRONG stand for options), and what becomes of it: drawn without a word, a warning, an error.
WARNED, ERROR, QUIET = "warned", "error", "quiet"
FORMS: tuple[tuple[str, str], ...] = (
    *((f"```{name}\nBODY```\n", WARNED) for name in (
        "attenton-diagram", "attention_diagram", "attn-diagram", "atention-diagram", "attention-diagramm",
        "Attention-Diagram",
        "yaml attention-diagram", "attention diagram", "attentiondiagram", "attention-diagrams",
    )),
    *((f"~~~~{name}\nBODY~~~~\n", WARNED) for name in ("attn-diagram", "attention-digram")),
    *((f"```{name}\nBODY```\n", QUIET) for name in ("mermaid", "yaml", "python", "text", "attention", "diagram", "")),
    *((f"```{name}\nBODY```\n", QUIET) for name in ("{attention-diagram}", "{.attention-diagram}",
    "attention-diagram a")),
    *((f"```{name}\nWRONG```\n", ERROR) for name in ("{attention-diagram}", "{.attention-diagram}",
    "attention-diagram")),
    *((f"`````{{{name}}}\n```attention-diagram\nBODY```\n`````\n", QUIET) for name in ("note", "dropdown", "card",
    "aside")),
    *((f"`````{{{name}}}\n```attention-diagram\nWRONG```\n`````\n", ERROR) for name in ("note", "tip", "tab-item",
    "figure")),
    *((f":::{name}\n```attention-diagram\nWRONG```\n:::\n", ERROR) for name in ("{note}", " warning")),
    *((f"`````{{{name}}}\n```attention-diagram\nWRONG```\n`````\n", WARNED) for name in ("code-block", "my-own")),
    *((f"`````{name}\n```attention-diagram\nWRONG```\n`````\n", QUIET) for name in ("", "markdown", "{.note}",
    "{=html}")),
    ("<div>\n```attention-diagram\nWRONG```\n</div>\n", WARNED),
    ("<!--\n```attention-diagram\nWRONG```\n-->\n", QUIET),
    ("    ```attention-diagram\n    kind: flow\n    ```\n", WARNED),
    ("<!-- mdattn: off -->\n```attenton-diagram\nBODY```\n", QUIET),
    ("```attention-diagram\nBODY", ERROR),
    ("---\nattention_diagram:\n  width: 40\n---\n\n```attention-diagram\nBODY```\n", WARNED),
    ("+++\n[attention-diagram]\nwidth = \n+++\n\n```attention-diagram\nBODY```\n", ERROR),
    ("+++\n[attention-diagram]\nwidht = 3\n+++\n\n```attention-diagram\nBODY```\n", ERROR),
    ("```attention-diagram\nkind: heatmap\ntext: the cat #1 sat\n```\n", WARNED),
    ("```attention-diagram\nkind: heatmap\ntext: the cat # a comment\n```\n", QUIET),
)  # fmt: skip


def some_case(random: Random) -> Case:
    """One form between some prose, with the line endings of some system."""
    form, fate = random.choice(FORMS)
    top = form.startswith(("---", "+++"))
    before = "" if top else random.choice(["", "x\n\n", "# T\n\n- i\n\nx\n\n", "> q\n\n"])
    after = random.choice(["", "\n", "\nx\n"]) if fate != ERROR or form.count("```") != 1 else ""
    text = before + form.replace("BODY", BODY).replace("WRONG", WRONG) + after
    return {"text": text.replace("\n", random.choice(["\n", "\n", "\r\n"])), "fate": fate, "form": form}


def parts(case: Case) -> Iterator[Case]:
    """The case as it is: each is small."""
    yield from ()


def check(case: Case, _: Random) -> Checked:
    """A warning fails a check and no other run; an error fails both; what is right or switched off is not blamed."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        os.chdir(name)
        try:
            Path("a.md").write_bytes(case["text"].encode())
            plain = run(["render", "a.md", "-o", "b.md"])
            checked = run(["render", "a.md", "-o", "b.md", "--check"])
            drawn = Path("b.md").exists() and b"text" in Path("b.md").read_bytes()
        finally:
            os.chdir(before)
    _fate(case, plain, checked)
    return Checked(int(drawn))


def _fate(case: Case, plain: Done, checked: Done) -> None:
    said = ("warning:" in plain.err, "error:" in plain.err)
    wanted = {WARNED: (0, (True, False), 2), ERROR: (2, (False, True), 2), QUIET: (0, (False, False), 0)}[case["fate"]]
    right = (plain.status, said, checked.status) == wanted or (
        case["fate"] == ERROR and plain.status == checked.status == 2
    )
    if not right:
        kind = (
            "nothing is passed in silence" if case["fate"] != QUIET else "what is right or switched off is not blamed"
        )
        raise Fault(kind, f"{case}: {plain}, --check {checked.status}", case["form"])
