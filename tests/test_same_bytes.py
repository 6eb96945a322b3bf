"""One document, one result: the same bytes in every environment, and whatever the processor is.

What reads no environment cannot depend on it, but libraries do: numpy and BLAS choose kernels by the processor and by
variables, C libraries read the locale. So children render every fixture in environments that are as far apart as this
machine allows. A child that is given a locale also sets it, as a program in which the package is a guest might: Python
itself leaves all but the character set at "C". That each thing came into effect is asserted, or the test is skipped.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

import digests
import pytest

from mdattn import DiagramError, diagram
from mdattn.blocks._inplace import _ENDS
from mdattn.diagrams.heads._patterns import folded

FIXTURES = digests.FIXTURES
PROGRAM = Path(digests.__file__)
X86 = platform.machine().lower() in ("x86_64", "amd64")
ALL_SIMD = " ".join(name for name, used in digests.features().items() if used)
LARGEST_CORE = next(
    core
    for core, needed in {
        "SkylakeX": "X86_V4 AVX512_SKX",
        "Haswell": "X86_V3 AVX2",
        "Nehalem" if X86 else "ARMV8": "",
    }.items()
    if not needed or set(needed.split()) & set(ALL_SIMD.split())
)
# What a child is not to have from this process: it may matter somewhere.
KNOWN = {"COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "TZ", "LANG", "UNICODE_VERSION"}
KNOWN_PREFIXES = ("LC_", "PYTHONHASH", "PYTHONUTF8", "PYTHONIO", "OPENBLAS_", "OMP_", "NPY_", "GLIBC_")

NO_SIMD = {
    "NPY_DISABLE_CPU_FEATURES": ALL_SIMD,
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F",  # for exp of the C library
    "OPENBLAS_CORETYPE": "Prescott" if X86 else "ARMV8",
}
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "plain": {
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C",
        "TZ": "UTC",
        "PYTHONUTF8": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "TERM": "dumb",
    },
    "Turkish": {
        "PYTHONHASHSEED": "1",
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "PYTHONUTF8": "1",
        "PYTHONIOENCODING": "latin-1",
        "COLUMNS": "20",
        "LINES": "5",
        "NO_COLOR": "1",
        "UNICODE_VERSION": "5.0.0",
        "OPENBLAS_NUM_THREADS": "2",
        "OMP_NUM_THREADS": "2",
    },
    "Turkish in 8 bits": {
        "LC_ALL": "tr_TR.ISO-8859-9",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "utf-16",
        "COLUMNS": "500",
        "TERM": "xterm-256color",
        "FORCE_COLOR": "1",
        "UNICODE_VERSION": "auto",
    },
    "eight threads": {
        "PYTHONHASHSEED": "4294967295",
        "LC_ALL": "POSIX",
        "OPENBLAS_NUM_THREADS": "8",
        "OMP_NUM_THREADS": "8",
        "OPENBLAS_CORETYPE": "Nehalem" if X86 else "ARMV8",
    },
    "POSIX without SIMD": {"PYTHONHASHSEED": "42", "LC_ALL": "POSIX", "OPENBLAS_NUM_THREADS": "8", **NO_SIMD},
    "another core": {
        "LC_ALL": "C",
        "OPENBLAS_CORETYPE": LARGEST_CORE,
        "NPY_DISABLE_CPU_FEATURES": ALL_SIMD.rpartition(" ")[2],
    },
}


@pytest.fixture(scope="session")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("locales")


def _installed(name: str, folder: Path) -> None:
    """Makes the locale in the folder, if the machine can; else skips."""
    language, _, charset = name.partition(".")
    if language not in ("", "C", "POSIX") and not (folder / name).exists():
        if shutil.which("localedef") is None:
            pytest.skip(f"locale {name} was not tested: no localedef")
        done = subprocess.run(
            ["localedef", "-c", "-i", language, "-f", charset, str(folder / name)], capture_output=True, text=True
        )
        if done.returncode > 1:  # 1 is a warning.
            pytest.skip(f"locale {name} was not tested: {done.stderr.strip()}")


def _surroundings(name: str, folder: Path) -> dict[str, str]:
    """The variables of this process without those that are known to matter somewhere, and the environment's."""
    chosen = ENVIRONMENTS[name]
    _installed(chosen.get("LC_ALL", ""), folder)
    inherited = {
        key: value for key, value in os.environ.items() if key not in KNOWN and not key.startswith(KNOWN_PREFIXES)
    }
    return {**inherited, **chosen, "LOCPATH": str(folder)}


def _child(arguments: list[str], env: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
    """What came into effect, and the digests. A child that warns fails."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM), *arguments], env=env, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode("latin-1")) == (0, "")
    effect, *lines = done.stdout.decode().split("\n")
    return json.loads(effect), lines


def _check_effect(effect: Mapping[str, object], env: Mapping[str, str]) -> None:
    used = {name for name, on in effect["features"].items() if on}  # type: ignore[attr-defined]
    assert not used & set(env.get("NPY_DISABLE_CPU_FEATURES", "").split())
    if env.get("LC_ALL", "").startswith("tr"):
        assert effect["decimal_point"] == ","
    core = env.get("OPENBLAS_CORETYPE")
    if core and effect["core"]:
        assert effect["core"] in (core, "Katmai" if core == "Prescott" else core)  # Newer ones call it so.


@cache
def _expected() -> list[str]:
    lines = []
    for source in sorted(FIXTURES.rglob("*.md")):
        if not source.name.endswith(".out.md"):
            result = source.with_suffix(".err" if source.parent.name == "invalid" else ".out.md")
            lines.append(f"{sha256(result.read_bytes()).hexdigest()[:16]} {source.relative_to(FIXTURES)}")
    return lines + [f"{digests.digest(digests.page(FIXTURES / f'{name}.md'))} {name} as HTML" for name in digests.FEW]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_fixture_is_the_same_in(name: str, locales: Path) -> None:
    env = _surroundings(name, locales)
    effect, lines = _child(["fixtures"], env)
    _check_effect(effect, env)
    assert len(lines) > 100
    others = [line.partition(" ")[2] for line in lines if line not in _expected()]
    assert others == [], "unless test_fixtures fails for them too: then their expectations are out of date"
    assert lines == _expected()


@pytest.mark.parametrize("name", ["Turkish in 8 bits", "POSIX without SIMD"])
def test_the_command_is_the_same_in(name: str, locales: Path, tmp_path: Path) -> None:
    env = _surroundings(name, locales)
    sources = [FIXTURES / f"{each}.md" for each in (*digests.FEW, "documents/odd-bytes")]
    command = [sys.executable, "-W", "error", "-m", "mdattn", "render"]
    for source in sources:
        shutil.copy(source, tmp_path / f"{source.parent.name}-{source.name}")
    subprocess.run([*command, str(tmp_path), "-o", str(tmp_path / "out")], env=env, capture_output=True, check=True)
    for source in sources:
        expected = source.with_suffix(".out.md").read_bytes()
        assert (tmp_path / "out" / f"{source.parent.name}-{source.name}").read_bytes() == expected
    piped = subprocess.run(command, env=env, input=sources[0].read_bytes(), capture_output=True, check=True)
    assert piped.stdout == sources[0].with_suffix(".out.md").read_bytes()


@pytest.mark.campaign
def test_random_blocks_are_the_same_on_another_processor(budget: int, locales: Path) -> None:
    arguments = ["random", str(budget + 1), str(60 * budget)]
    (_, here), (_, there) = (
        _child(arguments, _surroundings(name, locales)) for name in ("plain", "POSIX without SIMD")
    )
    assert len(here) == 60 * budget
    assert [pair for pair in zip(here, there, strict=True) if pair[0] != pair[1]] == []


def test_white_space_is_what_every_python_takes_for_it() -> None:
    """`split` and `strip` ask Python's version of Unicode, which has changed none of it for long."""
    spaces = (
        "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    )
    spaces += "\u2028\u2029\u202f\u205f\u3000"
    assert "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1)))) == spaces


def test_upper_and_lower_case_are_what_every_python_takes_for_them() -> None:
    every = folded("".join(map(chr, range(sys.maxunicode + 1))))
    assert sha256(every.encode("utf-8", "surrogatepass")).hexdigest()[:16] == "cacf7079ab49d67f"
    assert folded("ÇATAL Straße ΣΊΣΥΦΟΣ ЁЖ ＡＢ") == "çatal strasse σίσυφοσ ёж ａｂ"


# A capital letter of Unicode 16, which Pythons before 3.14 know nothing of.
NEW = "\U00010d50"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "heatmap", "source": {"file": f"{NEW}.npy", "array": "x"}}, "there is no file"),
        ({"kind": "heatmap", "source": {"file": "a\u200b.npy", "array": "x"}}, "is not the name of a file"),
        ({"kind": "flow", "tokens": ["cat", "cat"], "query": "cat#\u0662"}, "is not a token"),
    ],
)
def test_what_is_new_or_no_digit_of_ours_is_read_alike(
    options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DiagramError, match=message):
        diagram(options, folder=tmp_path)


def test_what_is_no_ascii_continues_the_name_in_a_comment() -> None:
    assert _ENDS.match("<!-- /attention-diagram 0123abcd -->")
    assert not _ENDS.match(f"<!-- /attention-diagram{NEW} -->")
