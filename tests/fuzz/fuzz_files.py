"""Files: folders with links, odd names, data files right and broken, and the command run on them, several times."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import fuzz_documents
import numpy as np
from fuzz_faults import Checked, Fault, hold

Case = dict[str, Any]

SECRET = "SECRET87654"
# What stands outside the folder in which the command runs, and must not be seen or touched.
OUTSIDE = {
    "notes.md": f"{SECRET}\n\n```attention-diagram\nkind: heatmap\ntext: {SECRET} b\n```\n",
    "place.md": f"{SECRET}\n",
    "data.json": '{"weights": [[0.87654, 0.12346], [0.5, 0.5]], "' + SECRET + '": [[1, 0], [0, 1]]}',
    "folder/inner.md": f"{SECRET}\n",
    "folder/a.md": f"{SECRET} too\n",
}
NAMES = (
    "a.md", "b.md", "a b.md", "::error::x.md", "ü猫.md", "-x.md", "c.markdown", "D.MD", "sub/a.md", "sub/deep/b.md",
    "x.txt",
    ".hidden.md", "%0A%25.md", "q'\"$`.md", "a\nb.md", "\udcff.md", "[1].md", "x.md.md", "node_modules/n.md", "y.qmd",
    "z.ipynb",
    "::stop-commands::t.md", "\u202ee.md", "back\\slash.md", "l.rst",
)  # fmt: skip
SOURCED = (
    "kind: heatmap\ntext: a b\ndecimals: 5\nmode: numbers\nsource: {{file: {file}}}\n",
    "kind: heatmap\ntext: a b\nsource: {{file: {file}, array: weights}}\n",
    "kind: heads\ntext: a b\nsource: {{file: {file}, layer: 0}}\n",
    "kind: flow\ntext: a b\nquery: a\nsource: {{file: {file}, layer: 0, head: 1}}\n",
    "kind: steps\ntext: a b\nquery: 0\nsource: {{file: {file}, holds: scores}}\n",
    "kind: comparison\ntext: a b\nsource: {{file: {file}}}\n",
)
FILES = (
    "w.json",
    "w.npy",
    "w.npz",
    "w.safetensors",
    "sub/w.json",
    "gone.npy",
    "link.json",
    "../secret/data.json",
    "linked/data.json",
)
DATA = (
    "two", "two", "four", "vectors", "cut", "empty", "text", "nan", "objects", "big header", "deep", "names",
    "infinite", "flat", "bools", "zeros",
)  # fmt: skip


BLOCK = "```attention-diagram\nkind: heatmap\ntext: a b\n```\n"
KEPT = "<!-- attention-diagram\nkind: heatmap\ntext: a b\n-->\n<!-- /attention-diagram -->\n"


# Trees and runs -------------------------------------------------------------------------------------------------------


def some_runs(random: Random) -> Case:
    """A tree, and what is run and edited in it."""
    names = random.sample(NAMES[:8] if random.random() < 0.6 else NAMES, random.choice([1, 2, 2, 3]))
    tree: list[list[str]] = [["file", f"drafts/{name}", _document(random)] for name in names]
    if random.random() < 0.4:
        for file in random.sample(FILES[:5], random.randint(1, 3)):
            tree.append(["data", f"drafts/{file}", random.choice(DATA)])
    if random.random() < 0.3:
        tree += [["file", f"posts/{name}", random.choice(["old\n", "", "x"])] for name in random.sample(names, 1)]
    if random.random() < 0.35:
        tree += [_link(random, names) for _ in range(random.randint(1, 2))]
    if random.random() < 0.1:
        tree.append(["hard", random.choice(["drafts/h.md", "posts/h.md", "h.md"]), f"drafts/{names[0]}"])
    if random.random() < 0.1:
        tree.append(["mode", f"drafts/{names[0]}", random.choice(["444", "600", "755"])])
    runs: list[list[Any]] = []
    for _ in range(random.choice([1, 1, 2, 3])):
        if random.random() < 0.15:
            where = random.choice(["posts", "drafts"])
            runs.append(
                ["write", f"{where}/{random.choice(names)}", random.choice(["", "edited\n", _document(random)])]
            )
        runs.append(["run", *_command(random, names)])
    if random.random() < 0.12:
        tree, runs = _edited_meanwhile(random)
    return {"tree": tree, "runs": runs}


def _edited_meanwhile(random: Random) -> tuple[list[list[str]], list[list[Any]]]:
    """Two documents of which the first, or its result, is saved by another program when the second is read."""
    if random.random() < 0.5:
        tree = [["file", f"drafts/{name}", KEPT] for name in ("a.md", "b.md")]
        return tree, [["meanwhile", "drafts/a.md", "drafts/b.md"], ["run", "update", "--force", "drafts"]]
    tree = [["file", f"drafts/{name}", BLOCK] for name in ("a.md", "b.md")]
    tree += [["file", f"posts/{name}", "old\n"] for name in ("a.md", "b.md")]
    return tree, [["meanwhile", "posts/a.md", "drafts/b.md"], ["run", "render", "drafts", "-o", "posts"]]


def _document(random: Random) -> str:
    form = random.random()
    if form < 0.2:
        blocks = random.choices(SOURCED, k=random.choice([1, 1, 2]))
        return "\n".join(f"x\n\n```attention-diagram\n{each.format(file=random.choice(FILES))}```\n" for each in blocks)
    if form < 0.3:
        return f"x\n\n```attention-diagram\n{random.choice(['kind: heatmp', 'kind: heatmap', 'k: [', ''])}\n```\n"
    if form < 0.9:
        return "# T\n\n" + "".join(
            "```attention-diagram\n" + "\n".join(random.choice(fuzz_documents.GOOD)) + "\n```\n\n"
            for _ in range(random.choice([0, 1, 1, 2]))
        )
    return fuzz_documents.some_document(random)


def _link(random: Random, names: list[str]) -> list[str]:
    """A link out of the folder, at a result, a draft, a data file or a folder; or one that leads nowhere."""
    secret = random.choice(["../../secret", "{secret}"])
    name = random.choice(names)
    up = "../" * name.count("/")
    return random.choice(
        [
            ["link", f"posts/{name}", f"{secret}/place.md" if secret == "{secret}" else f"{up}{secret}/place.md"],
            ["link", "posts/sub", f"{secret}/folder"],
            ["link", "posts/a.md", f"{secret}/new.md"],
            ["link", "drafts/linked.md", f"{secret}/notes.md"],
            ["link", "drafts/linked", f"{secret}"],
            ["link", "drafts/sub", f"{secret}/folder"],
            ["link", "drafts/link.json", f"{secret}/data.json"],
            ["link", "drafts/w.json", f"{secret}/data.json"],
            ["link", "drafts/loop.md", "loop.md"],
            ["link", "posts/html.html", f"{secret}/place.md"],
            ["link", "drafts/nowhere.md", "gone"],
        ]
    )


def _command(random: Random, names: list[str]) -> list[str]:
    more: list[str] = []
    for flag, chance in (
        ("--check", 0.3),
        ("--diff", 0.25),
        ("--keep-source", 0.2),
        ("--strict", 0.05),
        ("--quiet", 0.05),
    ):
        if random.random() < chance:
            more.append(flag)
    if random.random() < 0.15:
        more += ["--output-format", random.choice(["github", "json", "text"])]
    if random.random() < 0.05:
        more += ["--exclude", random.choice(["sub", "*.md", "**/a.md", "[", ""])]
    if random.random() < 0.05:
        more += ["--suffix", random.choice([".qmd", "qmd", ""])]
    name = f"drafts/{random.choice(names)}"
    form = random.random()
    if form < 0.4:
        return ["render", "drafts", "-o", random.choice(["posts", "posts", "posts/", "new/deep"]), *more]
    if form < 0.5:
        return ["render", name, "-o", random.choice(["out.md", "posts/", "gone/out.md"]), *more]
    if form < 0.55:
        return ["render", "drafts", "-o", "html", "--to", "html", *[each for each in more if each != "--keep-source"]]
    if form < 0.65:
        return ["render", name, *more]
    if form < 0.85:
        kept = [each for each in more if each != "--keep-source"] + (["--force"] if random.random() < 0.3 else [])
        return ["update", random.choice(["drafts", "posts", name]), *kept]
    if form < 0.9:
        return random.choice([["show", name], ["kinds"], ["kinds", "flow"], ["schema"], ["--version"], ["--help"]])
    return random.choice(
        [[], ["rendr"], ["render", "gone.md"], ["render", "drafts"], ["update"], ["render", "drafts", "-o", name],
        ["render", "-x"],
         ["render", "drafts", "-o", "drafts"], ["render", name, "-o", name], ["render", name, "--check"],
         ["kinds", "\x1b[31m"],
         ["update", "::error::gone.md"], ["render", "-o", "", name], ["render", name, "--width=3"]]
    )  # fmt: skip


def parts(case: Case) -> Iterator[Case]:
    """The case with a step, a file or lines of a file left out."""
    for key in ("runs", "tree"):
        for index in range(len(case[key])):
            yield case | {key: case[key][:index] + case[key][index + 1 :]}
    for index, entry in enumerate(case["runs"]):
        for place in range(2, len(entry)):
            if entry[0] == "run" and entry[place].startswith("--"):
                yield case | {
                    "runs": [*case["runs"][:index], entry[:place] + entry[place + 1 :], *case["runs"][index + 1 :]]
                }
    for index, (sort, name, content) in enumerate(case["tree"]):
        for smaller in fuzz_documents.parts(content) if sort == "file" else ():
            yield case | {"tree": [*case["tree"][:index], [sort, name, smaller], *case["tree"][index + 1 :]]}


def data(spec: str, suffix: str) -> bytes:
    """The bytes of a data file."""
    arrays = {
        "two": np.array([[0.75, 0.25], [0.5, 0.5]]), "four": np.full((2, 2, 2, 2), 0.5),
        "vectors": np.arange(6.0).reshape(2, 3),
        "nan": np.full((2, 2), np.nan), "infinite": np.full((2, 2), -np.inf), "flat": np.array([0.5, 0.5]),
        "bools": np.eye(2, dtype=bool), "zeros": np.zeros((2, 2)), "objects": np.array([["a", "b"], ["c", "d"]]),
    }  # fmt: skip
    array: Any = arrays.get(spec, arrays["two"])
    file = io.BytesIO()
    if suffix == ".json":
        file.write(
            json.dumps({"weights": array.tolist()} if spec != "names" else {"a": 1, "b\n::error::": [[1]]}).encode()
        )
    elif suffix == ".npy":
        np.save(file, array)
    elif suffix == ".npz":
        np.savez(file, **({"weights": array} if spec != "names" else {"a": array, "b": array}))
    else:
        header = json.dumps(
            {"weights": {"dtype": "F64", "shape": list(array.shape), "data_offsets": [0, array.size * 8]}}
        ).encode()
        file.write(struct.pack("<Q", len(header)) + header + np.zeros(array.size).tobytes())
    raw = file.getvalue()
    odd = {
        "cut": raw[: len(raw) // 2],
        "empty": b"",
        "text": b"hello \x00\xff",
        "deep": b"[" * 50_000,
        "big header": b"\xff" * 8 + raw,
    }
    return odd.get(spec, raw)


# Running --------------------------------------------------------------------------------------------------------------


class Done(NamedTuple):
    """What a run left behind."""

    status: int
    out: bytes
    err: str


class Entry(NamedTuple):
    """A file, link or folder."""

    sort: str
    content: bytes | str
    written: int


def run(argv: list[str], stdin: bytes = b"") -> Done:
    """The command line in this process."""
    from mdattn.cli import main

    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="ascii") for data in (stdin, b"", b"")]
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        status = main(argv)
    except (TimeoutError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Fault("no exception leaves the command", f"{error!r} from {argv}") from error
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    out, err = (stream.buffer.getvalue() for stream in streams[1:])
    return Done(status, out, err.decode("utf-8", "surrogateescape"))


def in_a_process(argv: list[str]) -> Done:
    """The command line as a process of its own, with another hash seed and locale."""
    # Only where Python looks is told: what else the environment holds must not matter.
    env = os.environ | {"PYTHONHASHSEED": "7", "LC_ALL": "C", "COLUMNS": "20", "TERM": "dumb", "PYTHONPATH": _package()}
    done = subprocess.run(
        [sys.executable, "-m", "mdattn", *argv], capture_output=True, env=env, stdin=subprocess.DEVNULL
    )
    return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "surrogateescape"))


def _package() -> str:
    import mdattn

    return str(Path(mdattn.__file__).parent.parent)


def snapshot(root: Path) -> dict[str, Entry]:
    """All that stands below a folder."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(folder, name)
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                entry = Entry("link", str(path.readlink()), 0)
            elif stat.S_ISDIR(status.st_mode):
                entry = Entry("folder", "", 0)
            else:
                entry = Entry(f"file {status.st_mode:o}", path.read_bytes(), status.st_mtime_ns)
            found[str(path.relative_to(root))] = entry
    return found


class _Meanwhile:
    """Another program, which writes a file when the command, having read it, reads another one."""

    WORDS = b"saved meanwhile\n"

    def __init__(self) -> None:
        self.armed: tuple[str, str] | None = None
        self.planned: tuple[str, str] | None = None
        self.read = self.done = False
        self.hooked = False

    def plan(self, edited: str, trigger: str) -> None:
        """Write `edited` during the next run."""
        self.planned = edited, trigger

    def start(self) -> None:
        """A run begins."""
        self.armed, self.planned = self.planned, None
        self.read = self.done = False
        if self.armed and not self.hooked:
            sys.addaudithook(self.hook)
            self.hooked = True

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or self.armed is None or not isinstance(arguments[0], (str, os.PathLike)):
            return
        # A file may be opened by its name in a folder that is held open.
        name = Path(os.fspath(arguments[0])).name
        edited, trigger = self.armed
        if name == Path(edited).name:
            self.read = True
        elif name == Path(trigger).name and self.read:
            self.armed = None
            if Path(edited).exists():
                self.done = True
                Path(edited).write_bytes(self.WORDS)


MEANWHILE = _Meanwhile()


def check(case: Case, random: Random) -> Checked:
    """Build the tree, run what is to be run, look at everything after each run."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        base = Path(name).resolve()
        _put_right(base / "secret")
        work = base / "work"
        work.mkdir()
        before = Path.cwd()
        os.chdir(work)
        try:
            _build(case, base)
            _put_right(base / "secret")
            outside = snapshot(base / "secret")
            drawn = sum(_step(step, base, outside, random) for step in case["runs"])
        finally:
            os.chdir(before)
            MEANWHILE.armed = MEANWHILE.planned = None
    return Checked(drawn)


def _build(case: Case, base: Path) -> None:
    for sort, name, content in case["tree"]:
        path = Path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if sort == "file":
                path.write_bytes(content.encode("utf-8", "surrogateescape"))
            elif sort == "data":
                path.write_bytes(data(content, path.suffix))
            elif sort == "link":
                path.unlink(missing_ok=True)
                path.symlink_to(content.replace("{secret}", str(base / "secret")))
            elif sort == "hard":
                path.hardlink_to(content)
            elif sort == "mode":
                path.chmod(int(content, 8))
        except (OSError, FileExistsError):
            continue  # One thing stands where another should: the tree is a little smaller then.


def _put_right(secret: Path) -> None:
    """What stands outside, whatever was written or linked there through a link of the tree itself."""
    for inner, text in OUTSIDE.items():
        path = secret / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_text(text)


def _step(step: list[Any], base: Path, outside: dict[str, Entry], random: Random) -> int:
    sort, *rest = step
    if sort == "write":
        path = Path(rest[0])
        if path.is_file() and path.resolve().is_relative_to(base / "work"):
            path.write_bytes(rest[1].encode("utf-8", "surrogateescape"))
        return 0
    if sort == "meanwhile":
        MEANWHILE.plan(*rest)
        return 0
    before = snapshot(base / "work")
    MEANWHILE.start()
    done = run(rest)
    edited, MEANWHILE.armed = MEANWHILE.done, None
    after = snapshot(base / "work")
    _said(rest, done)
    seen = {name: entry._replace(written=0) for name, entry in snapshot(base / "secret").items()}
    hold(
        seen == {name: entry._replace(written=0) for name, entry in outside.items()}, "nothing outside is written", rest
    )
    _wrote(rest, done, before, after, edited)
    if not edited and not _named_link(rest):
        hold(SECRET.encode() not in done.out and SECRET not in done.err, "nothing outside is shown", (rest, done))
        hold(b"0.87654" not in done.out and "87654" not in done.err, "nothing outside is shown", (rest, done))
        told = [name for name, entry in after.items() if entry.sort != "link" and b"87654" in _bytes(entry.content)]
        hold(not told, "nothing outside is shown", told)
        _again(rest, done, after, base, random)
    drawings = b"".join([done.out, *(_bytes(after[name].content) for name in after if before.get(name) != after[name])])
    return len(re.findall(rb"(?:```|~~~)text|<pre", drawings))


def _bytes(content: bytes | str) -> bytes:
    return content if isinstance(content, bytes) else b""


def _named_link(argv: list[str]) -> bool:
    """Whether the user himself has named a link, which is his right."""
    return any(Path(each).is_symlink() for each in argv if "\0" not in each and not each.startswith("-"))


def _said(argv: list[str], done: Done) -> None:
    """The exit status and the lines on standard error."""
    hold(done.status in (0, 1, 2), "the exit status is 0, 1 or 2", (argv, done))
    said = done.err + done.out.decode("latin-1") if argv[:1] == ["--help"] else done.err
    hold(
        "Traceback" not in said and "internal error" not in said,
        "no traceback, no internal error",
        (argv, done.err[:400]),
    )
    if done.status == 1:
        hold("--check" in argv or "--diff" in argv, "only --check and --diff exit with 1", argv)
    blamed = re.search(r":\d+:\d+: error:|^::error ", done.err, flags=re.M)
    hold(not blamed or done.status > 0, "an error is not fine", (argv, done))
    if done.status == 2:
        hold(bool(done.err.strip()), "an exit status of 2 is explained", argv)
    github = "github" in argv
    hold(done.err[-1:] in ("", "\n"), "a line of standard error is whole", (argv, done.err[-200:]))
    lines = done.err.split("\n")[:-1]
    usage = done.err.startswith("usage:")
    for line in lines:
        # The blanks of a name or of a quoted line of the draft may be any that an author types.
        whole = "".join(" " if unicodedata.category(each) == "Zs" else each for each in line).isprintable()
        hold(whole and (bool(line.strip()) or usage), "a line of standard error is one line", (argv, line))
        command = line.lstrip().startswith("::")
        right = re.match(r"::(error|warning|notice)( [^:]*)?::", line) if github else None
        hold(not command or bool(right), "no line begins as a workflow command", (argv, line))
    if "--diff" in argv and github and done.out:
        marks = done.out.split(b"\n")
        token = marks[0].removeprefix(b"::stop-commands::")
        fenced = marks[0].startswith(b"::stop-commands::") and b"::" + token + b"::" in marks[1:] and len(token) > 8
        hold(fenced, "a diff under github stands between stop-commands", (argv, marks[0]))


def _wrote(argv: list[str], done: Done, before: dict[str, Entry], after: dict[str, Entry], edited: bool) -> None:
    """What has changed is what may change."""
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    odd = {
        name for name in after.keys() - before.keys() if Path(name).name.startswith(".mdattn") or name.endswith(".tmp")
    }
    hold(not odd, "no temporary file is left", (argv, odd))
    if edited:
        kept = [name for name, entry in after.items() if entry.content == MEANWHILE.WORDS]
        hold(bool(kept), "what was saved meanwhile is kept", (argv, done))
        return
    dry = "--check" in argv or "--diff" in argv or argv[:1] not in (["render"], ["update"])
    hold(not dry or not changed, "a dry run writes nothing", (argv, changed))
    bad = done.status == 2 and re.search(r":\d+:\d+: error:|,line=\d", done.err)
    hold(not bad or not changed, "nothing is written when a block is bad", (argv, changed, done.err[:300]))
    place = argv[argv.index("-o") + 1] if "-o" in argv else ""
    for name in changed:
        within = [place] if argv[0] == "render" and place else argv[1:] if argv[0] == "update" else []
        homes = [os.path.normpath(each) for each in within if not each.startswith("--")]
        inside = any(name == home or name.startswith(home + "/") or home.startswith(name + "/") for home in homes)
        hold(inside, "nothing is written but the results", (argv, name))
        if name in before and before[name].sort == "link":
            hold(after.get(name) == before[name], "a link stays a link", (argv, name))


def _again(argv: list[str], done: Done, after: dict[str, Entry], base: Path, random: Random) -> None:
    """The same once more changes nothing; a check is content; another process says the same."""
    if argv[:1] not in (["render"], ["update"]):
        return
    again = run(argv)
    hold(snapshot(base / "work") == after, "a second run writes nothing", argv)
    dry = "--check" in argv or "--diff" in argv
    if dry or "-o" not in argv:
        hold(again == done or argv[0] == "update" or "github" in argv, "two runs give the same", (argv, done, again))
        if random.random() < 0.04:
            other = in_a_process(argv)
            hold(_steady(other) == _steady(again), "another process gives the same bytes", (argv, again, other))
    elif done.status == 0:
        hold(again.status == 0, "two runs give the same", (argv, done, again))
        checked = run([*argv, "--check"])
        strict = checked.status == 2 and "error" in checked.err
        hold(checked.status == 0 or strict, "what was just written passes --check", (argv, checked))
        patch = run([*argv, "--diff"])
        hold(not patch.out or patch.status == 2, "what was just written has no diff", (argv, patch))
    if dry and done.status == 0 and ("-o" in argv or argv[0] == "update"):
        wet = run([each for each in argv if each not in ("--check", "--diff")])
        hold(snapshot(base / "work") == after, "a run writes nothing where --check or --diff is content", (argv, wet))
    if "--diff" in argv and done.out and done.status != 2 and "github" not in argv and random.random() < 0.15:
        _applies(argv, done, base)


def _steady(done: Done) -> Done:
    """Without the random token of a diff."""
    token = re.match(rb"::stop-commands::(\S+)", done.out)
    return done if not token else done._replace(out=done.out.replace(token[1], b"TOKEN"))


def _applies(argv: list[str], done: Done, base: Path) -> None:
    """`git apply` takes the patch, at least where no link is in its way."""
    if any(path.is_symlink() for path in base.rglob("work/**/*")) or "html" in argv:
        return
    copy = base / "copy"
    shutil.copytree(base / "work", copy, dirs_exist_ok=True)
    git = ["git", "-c", "core.safecrlf=false", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    applied = subprocess.run(
        git, input=done.out, cwd=copy, capture_output=True, env=os.environ | {"GIT_CEILING_DIRECTORIES": str(base)}
    )
    hold(applied.returncode == 0, "a patch applies", (argv, applied.stderr, done.out[:400]))
    shutil.rmtree(copy)
