"""The column of mdattn in the table of peers; the others need their packages, and `peers.py` installs them."""

from __future__ import annotations

import os
import sys
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


@pytest.mark.skipif(os.name == "nt", reason="the command that runs this package is a script of the shell")
def test_what_cannot_be_installed_is_named_and_is_no_fault_of_mdattn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peers, "install", lambda folder: os.pathsep.join([peers.own(folder), "/bin", "/usr/bin"]))
    monkeypatch.setattr(peers, "version", lambda peer, _: "0" if peer in peers.MDATTN else None)
    monkeypatch.setattr(peers, "CASES", {"CRLF kept": peers.crlf})
    assert peers.main([]) == 0
    said = capsys.readouterr().out
    names = ", ".join(peer.name for peer in peers.PEERS)
    assert "| CRLF kept | yes | yes |\n" in said and f"Not installed, and so not compared: {names}.\n" in said


def test_what_does_not_end_and_what_does_not_install_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = (sys.executable, "-c", "import time; time.sleep(60)")
    monkeypatch.setattr(peers, "CASES", {"CRLF kept": peers.crlf})
    monkeypatch.setattr(peers, "LONGEST", 0.1)
    monkeypatch.setattr(peers, "INSTALLING", 0.1)
    assert peers.observed(peers.PEERS[0]._replace(write=slow), os.environ["PATH"], tmp_path) == ["no: does not end"]
    peers._try([*slow, "embedme"])
    monkeypatch.setattr(peers, "INSTALLING", 60)
    peers._try([sys.executable, "-c", "import sys; sys.exit('no such thing')", "cog"])
    said = "embedme cannot be installed: not within 0.1 s\ncog cannot be installed: no such thing\n"
    assert capsys.readouterr().err == said
