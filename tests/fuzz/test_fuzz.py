"""The campaign itself: a short one of fixed seeds, and what it would say of a fault."""

from __future__ import annotations

from pathlib import Path
from random import Random

import fuzz_faults
import fuzz_numbers
import pytest
import run


def test_a_short_campaign_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run.main(["--seconds", "60", "--cases", "120", "--seed", "0", "--first", "--out", str(tmp_path)])
    assert status == 0, capsys.readouterr().out


def test_a_seed_always_gives_the_same_case() -> None:
    for seed in range(30):
        assert repr(run.draw(seed, list(run.SORTS))) == repr(run.draw(seed, list(run.SORTS)))


SOURCE = "a\r\n\n> ```attention-diagram\n> k: 1\n>\n> ```\nb"
RESULT = "a\r\n\n> ```text\n> x\n>\n> ```\nb"


def test_lines_are_aligned_without_a_parser() -> None:
    assert fuzz_faults.aligned(SOURCE, RESULT) is None
    for old, new in (
        ("a\r\n", "a\n"),
        ("\nb", "\nb\n"),
        ("> ```t", ">  ```t"),
        ("\n\n", "\n"),
        ("b", ""),
        ("> x\n", "> x\r\n"),
    ):
        assert fuzz_faults.aligned(SOURCE, RESULT.replace(old, new)) is not None, (old, new)


def test_a_wrong_number_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"kind": "heatmap", "tokens": ["alpha", "beta"], "mode": "numbers", "width": 200, "decimals": 2}
    options |= {"scores": [[1, 2], [3, 4]], "mask": "causal"}
    assert fuzz_numbers.check(options, Random(0)).drawn == 1
    monkeypatch.setattr(fuzz_numbers, "weights", lambda _: [[1.0, None], [0.28, 0.72]])
    with pytest.raises(fuzz_faults.Fault, match="every printed number is true"):
        fuzz_numbers.check(options, Random(0))
    assert fuzz_numbers.printed(0.125, 2) == ("0.13",) and set(fuzz_numbers.printed(0.124999999, 2)) == {"0.12"}


def test_a_failure_is_made_small_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(text: str, _: Random) -> fuzz_faults.Checked:
        fuzz_faults.hold("猫" not in text, "no cats")
        return fuzz_faults.Checked(1)

    sort = run.SORTS["documents"]._replace(check=check)
    monkeypatch.setitem(run.SORTS, "documents", sort)
    case, fault = run.shrunk("documents", "a\nb\n猫 c\n\nd", 0, fuzz_faults.Fault("no cats", ""))
    assert case == "猫"
    path = run.write(run.Failure("documents", 0, fault.name, fault.key, "", case), tmp_path, 0)
    assert path.read_text(encoding="utf-8") == "猫"
