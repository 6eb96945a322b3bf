"""The column of mdattn in the table of peers; the others need their packages, and `peers.py` installs them."""

from __future__ import annotations

import os
from pathlib import Path

import peers
import pytest


@pytest.mark.skipif(os.name == "nt", reason="the command that runs this package is a script of the shell")
@pytest.mark.parametrize("peer", peers.MDATTN, ids=lambda each: each.name)
def test_every_cell_of_mdattn_is_yes(peer: peers.Peer, tmp_path: Path) -> None:
    path = os.pathsep.join([peers.own(tmp_path / "bin"), os.environ["PATH"]])
    cells = dict(zip(peers.CASES, peers.observed(peer, path, tmp_path), strict=True))
    assert {case: cell for case, cell in cells.items() if not cell.startswith("yes")} == {}


def test_the_table_of_the_documentation_has_these_cases() -> None:
    page = (peers.ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    inside = page.split(peers.MARKS[0])[1].split(peers.MARKS[1])[0]
    assert [line.split(" | ")[0].removeprefix("| ") for line in inside.split("\n") if line.startswith("| ")][
        2:
    ] == list(peers.CASES)
