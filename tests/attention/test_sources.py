"""Data files: what each format gives, and every way in which a file may be other than it says."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import re
import socket
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mdattn import files as store
from mdattn.attention import formats, sources
from mdattn.attention.sources import load
from mdattn.errors import OptionError
from mdattn.files import Files
from mdattn.study.given import numbers

WEIGHTS = np.array([[0.25, 0.75], [1.0, 0.0]])
STACK = np.arange(2 * 3 * 2 * 2, dtype=np.float64).reshape(2, 3, 2, 2)  # [layer, head, n_query, n_key]


def _refused(path_text: str, folder: Path, **options: Any) -> str:
    """The message and the hint with which the source is refused, on one line."""
    with pytest.raises(OptionError) as caught:
        load(path_text, folder, **options)
    assert caught.value.path[0] == "source"
    text = f"{caught.value.message} ({caught.value.hint})"
    assert "\n" not in text
    return text


def _npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _npy_claiming(header: str, content: bytes, version: bytes = b"\x01\x00") -> bytes:
    """A .npy file, put together by hand after the format's description."""
    padded = header.encode() + b"\n"
    length = struct.pack("<H" if version == b"\x01\x00" else "<I", len(padded))
    return b"\x93NUMPY" + version + length + padded + content


def _safetensors(tensors: dict[str, tuple[str, list[int], bytes]]) -> bytes:
    """A .safetensors file, put together by hand after the format's description."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    content = b""
    for name, (dtype, shape, data) in tensors.items():
        offsets = [len(content), len(content) + len(data)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        content += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def _zip(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


# What is read --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", "<i8", "u1", ">i2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy(tmp_path: Path, dtype: str, order: Any) -> None:
    array = np.array([[0, 1, 2], [3, 4, 5]], dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    found = load("a.npy", tmp_path)
    assert found.dtype == np.float64
    assert found.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert not found.flags.writeable


def test_npy_of_version_2(tmp_path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }"
    content = struct.pack("<dd", 1.5, -2.0)
    (tmp_path / "a.npy").write_bytes(_npy_claiming(header, content, b"\x02\x00"))
    assert load("a.npy", tmp_path).tolist() == [[1.5, -2.0]]


def test_npy_that_python_2_wrote(tmp_path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1L, 1L), }"
    (tmp_path / "a.npy").write_bytes(_npy_claiming(header, struct.pack("<d", 1.5)))
    assert load("a.npy", tmp_path).tolist() == [[1.5]]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "a.npz", weights=WEIGHTS, other=STACK)
    assert load("a.npz", tmp_path, array="weights").tolist() == WEIGHTS.tolist()
    save(tmp_path / "b.npz", weights=WEIGHTS)
    assert load("b.npz", tmp_path).tolist() == WEIGHTS.tolist()


def test_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[[0.25, 0.75], [1, 0]]")
    assert load("a.json", tmp_path).tolist() == WEIGHTS.tolist()
    (tmp_path / "b.json").write_text('{"weights": [[0.25, 0.75], [1, 0]], "note": "by hand"}')
    assert load("b.json", tmp_path, array="weights").tolist() == WEIGHTS.tolist()


def test_safetensors(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    tensors = {
        "double": ("F64", [1, 2], struct.pack("<2d", 0.25, -1.0)),
        "single": ("F32", [1, 2], struct.pack("<2f", 0.25, -1.0)),
        "half": ("F16", [1, 2], struct.pack("<2e", 0.25, -1.0)),
        "brain": ("BF16", [1, 2], struct.pack("<2f", 0.25, -1.0)[2:4] + struct.pack("<2f", 0.25, -1.0)[6:8]),
        "whole": ("I64", [1, 2], struct.pack("<2q", 3, -1)),
        "byte": ("U8", [1, 2], bytes([3, 255])),
        "flags": ("BOOL", [1, 2], bytes([1, 0])),
    }
    (tmp_path / "a.safetensors").write_bytes(_safetensors(tensors))
    for name in ("double", "single", "half", "brain"):
        assert load("a.safetensors", tmp_path, array=name).tolist() == [[0.25, -1.0]], name
    assert load("a.safetensors", tmp_path, array="whole").tolist() == [[3.0, -1.0]]
    assert load("a.safetensors", tmp_path, array="byte").tolist() == [[3.0, 255.0]]
    assert "true and false, and numbers are needed" in _refused("a.safetensors", tmp_path, array="flags")


def test_layer_and_head_index_the_leading_axes(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    assert load("a.npy", tmp_path, layer=1, head=2).tolist() == STACK[1, 2].tolist()
    assert load("a.npy", tmp_path, layer=1).tolist() == STACK[1].tolist()
    np.save(tmp_path / "b.npy", STACK[0])
    assert load("b.npy", tmp_path, head=2).tolist() == STACK[0, 2].tolist()


def test_true_and_false_are_no_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(2, dtype=bool))
    (tmp_path / "a.json").write_text("[[true, false], [false, true]]")
    for name in ("a.npy", "a.json"):
        assert "true and false, and numbers are needed" in _refused(name, tmp_path)


def test_below_the_folder_and_by_a_link_inside_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "a.NPY", WEIGHTS)
    (tmp_path / "data" / "a.NPY.npy").rename(tmp_path / "data" / "a.NPY")
    (tmp_path / "link.npy").symlink_to("data/a.NPY")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "data")
    for name in ("data/a.NPY", "./data/a.NPY", "link.npy", "elsewhere/a.NPY"):
        assert load(name, tmp_path).tolist() == WEIGHTS.tolist(), name


def test_a_folder_that_is_itself_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    np.save(tmp_path / "real" / "a.npy", WEIGHTS)
    (tmp_path / "link").symlink_to("real")
    assert load("a.npy", tmp_path / "link").tolist() == WEIGHTS.tolist()


def test_a_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", WEIGHTS)
    monkeypatch.chdir(tmp_path)
    assert load("a.npy", Path()).tolist() == WEIGHTS.tolist()


# What a path may not do ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path_text", "message"),
    [
        ("../secret.npy", "leads out of the document's folder"),
        ("data/../../secret.npy", "leads out"),
        ("data/../a.npy", "leads out"),
        ("/etc/secret.npy", "absolute path"),
        ("//server/share/secret.npy", "absolute path"),
        ("..\\secret.npy", "backslash or a colon"),
        ("\\\\server\\share\\secret.npy", "backslash or a colon"),
        ("C:secret.npy", "backslash or a colon"),
        ("C:/secret.npy", "backslash or a colon"),
        ("a.npy:stream", "backslash or a colon"),
        ("file:///etc/a.npy", "backslash or a colon"),
        ("a.npy\0.txt", "not the name of a file"),
        ("a\n.npy", "not the name of a file"),
        ("\u202ea.npy", "not the name of a file"),
        ("\ud800.npy", "not the name of a file"),
        ("", "not the name of a file"),
        (" ", "not the name of a file"),
    ],
)
def test_paths_that_lead_elsewhere(tmp_path: Path, path_text: str, message: str) -> None:
    (tmp_path / "inner" / "data").mkdir(parents=True)
    np.save(tmp_path / "secret.npy", WEIGHTS)
    np.save(tmp_path / "inner" / "a.npy", WEIGHTS)
    assert message in _refused(path_text, tmp_path / "inner")


def test_a_home_folder_is_not_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", WEIGHTS)
    (tmp_path / "inner").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "there is no file" in _refused("~/a.npy", tmp_path / "inner")


@pytest.mark.parametrize("kind", ["file", "folder", "chain", "nothing"])
def test_symbolic_links_out_of_the_folder(tmp_path: Path, kind: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    np.save(tmp_path / "secret.npy", WEIGHTS)
    targets = {"file": "../secret.npy", "folder": "..", "chain": "second", "nothing": "../nothing.npy"}
    (inner / "second").symlink_to(tmp_path)
    link = inner / ("out.npy" if kind in ("file", "nothing") else "out")
    link.symlink_to(targets[kind])
    path_text = link.name if kind in ("file", "nothing") else "out/secret.npy"
    assert "symbolic link out of the document's folder" in _refused(path_text, inner)


def test_a_folder_whose_name_only_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft-secret").mkdir()
    np.save(tmp_path / "draft-secret" / "a.npy", WEIGHTS)
    (tmp_path / "draft" / "a.npy").symlink_to(tmp_path / "draft-secret" / "a.npy")
    assert "symbolic link out" in _refused("a.npy", tmp_path / "draft")


def test_a_link_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.npy").symlink_to("a.npy")
    assert "cannot be opened" in _refused("a.npy", tmp_path)


def test_what_is_not_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "folder.npy").mkdir()
    assert "not a regular file" in _refused("folder.npy", tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo.npy")  # Opened for reading, it would wait for ever.
        assert "not a regular file" in _refused("fifo.npy", tmp_path)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no sockets in the file system")
def test_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # The address of a socket must be short.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.npy")
        assert "not a regular file" in _refused("s.npy", tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no device files")
def test_a_device(tmp_path: Path) -> None:
    (tmp_path / "zero.npy").symlink_to("/dev/zero")
    assert "symbolic link out" in _refused("zero.npy", tmp_path)


def test_a_file_replaced_between_look_and_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", WEIGHTS)
    np.save(tmp_path / "b.npy", STACK)
    opened = os.open

    def replace_and_open(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        Path(path).unlink()
        Path(path).symlink_to(tmp_path / "b.npy")
        return opened(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", replace_and_open)
    assert "cannot be opened" in _refused("a.npy", tmp_path)


def test_missing_files_and_unknown_suffixes(tmp_path: Path) -> None:
    np.save(tmp_path / "weights.npy", WEIGHTS)
    assert "no file 'weigths.npy'" in _refused("weigths.npy", tmp_path)
    assert "did you mean 'weights.npy'?" in _refused("weigths.npy", tmp_path)
    assert "no file 'nowhere/a.npy'" in _refused("nowhere/a.npy", tmp_path)
    assert "choose from .npy, .npz, .safetensors, .json" in _refused("weights", tmp_path)
    assert "choose from .npy, .npz, .safetensors, .json" in _refused("weights.csv", tmp_path)
    assert "cannot be opened" in _refused("a" * 300 + ".npy", tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", WEIGHTS)
    (tmp_path / "a.npy").chmod(0)
    assert "cannot be opened" in _refused("a.npy", tmp_path)


# What a file may not claim -------------------------------------------------------------------------------------------


class _Exploit:
    """Unpickled, it would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    exploit = np.array([[_Exploit(tmp_path / "touched")]], dtype=object)
    for name, data in {
        "a.npy": _npy(exploit),
        "b.npy": pickle.dumps(exploit),
        "a.npz": _zip([("a.npy", _npy(exploit))]),
        "b.npz": pickle.dumps(exploit),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert "object" in _refused(name, tmp_path) or "cannot be read" in _refused(name, tmp_path)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }", "does not take the 16 bytes"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", "does not take the 16 bytes"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -2), }", "not possible"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 40 + "2), }", "not possible"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1, 2), }", "holds Python objects"),
        ("{'descr': '<c16', 'fortran_order': False, 'shape': (1, 1), }", "holds complex numbers"),
        ("{'descr': '<U2', 'fortran_order': False, 'shape': (1, 2), }", "holds text"),
        ("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1, 2), }", "holds times"),
        ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1, 2), }", "real numbers are needed"),
        ("{'descr': ('<f8', (2,)), 'fortran_order': False, 'shape': (1, 1), }", "real numbers are needed"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)", "cannot be read as .npy"),
        ("__import__('os').abort()", "cannot be read as .npy"),
        ("(" * 5000, "cannot be read as .npy"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }" + " " * 20000, "cannot be read as .npy"),
    ],
)
def test_npy_headers_that_lie(tmp_path: Path, header: str, message: str) -> None:
    (tmp_path / "a.npy").write_bytes(_npy_claiming(header, bytes(16)))
    assert message in _refused("a.npy", tmp_path)
    (tmp_path / "a.npz").write_bytes(_zip([("a.npy", _npy_claiming(header, bytes(16)))]))
    assert message.replace(".npy", ".npz") in _refused("a.npz", tmp_path)


# All that may be said of a file that is not as it should be: each in words of our own, the same on every machine.
_READ_AS = r"'a\.np[yz]' cannot be read as \.np[yz]: "
_AGAIN = r" \(save it again with numpy\.savez?\)"
_SAID = [
    _READ_AS + "it does not begin as such a file does" + _AGAIN,
    _READ_AS + "its header is (damaged|longer than 10,000 bytes)" + _AGAIN,
    _READ_AS + "it ends in its header" + _AGAIN,
    _READ_AS + r"version \d+\.\d+ of the format is not known" + _AGAIN,
    _READ_AS + "it is no zip archive, or a damaged one" + _AGAIN,
    _READ_AS + r"its array a\.npy is (damaged|encrypted)" + _AGAIN,
    _READ_AS + r"its compression is not that of numpy\.savez" + _AGAIN,
    _READ_AS + r"shape \[[-\d, ]+\] is not possible \(save the array again\)",
    _READ_AS + r"\d+ axes are not possible, 8 are the most \(save the array again\)",
    _READ_AS + r"shape \[[\d, ]*\] of >?(bool|u?int|float|[iuf])\d* does not take the \d+ bytes that there are "
    r"\(save the array again\)",
    "the array holds (Python objects|text|complex numbers|numbers of more than 64 bits|times|spans of time|records), "
    r"and real numbers are needed \(save it as float64\)",
    r"the array is empty: its shape is \[[\d, ]+\] \(\)",
    r"the array has shape \[[\d, ]*\], and 2 or 3 axes are needed \(.*\)",
    r"the array holds true and false, and numbers are needed \(\)",
    r"the array holds (nan|-?inf) at \[\d, \d\] \(every number must be finite\)",
    r"the file holds no array \(\)",
]
_PARTS = {
    "descr": "'<f8' '|O' 'f8' '<f16' '<U2' '|V2' '<m8' '=' '' '<f3' '<q' 8 None [('a','<f8')] ('<f8',(2,)) '<f8,<f8' "
    "'datetime64' b'<f8' '\\x00' '<9' {} '>f8' '<c16' '|b1'",
    "fortran_order": "False True 0 None 'no' []",
    "shape": f"(1,2) (-1,2) (1e3,2) () (2) [1,2] (True,2) (10**9,) (1000000000,) ({'9' * 60},) ({'9' * 5000},) (1,)*3 "
    f"({'1,' * 9}) (0,2) None (1j,2) (1L,2L) (2,1)",
}
_HEADER = "{'descr': %(descr)s, 'fortran_order': %(fortran_order)s, 'shape': %(shape)s, }"
_ODD = ["", "[]", "{", "{}", "{[]: 1}", "\0", "\n" * 50, "{'descr': '<f8'}", "'" * 3, "-" * 9000, "1" * 5000]
_ODD += ["{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), 'more': 1}", "(" * 5000, "\x93", "1if 1else 2"]


def _is_ours(error: OptionError) -> bool:
    said = re.sub(r"its array .*? is", "its array a.npy is", f"{error.message} ({error.hint})")
    return any(re.fullmatch(each, said) for each in _SAID)


def test_nothing_of_a_header_is_said_in_the_words_of_a_library(tmp_path: Path) -> None:
    chance = random.Random(3)
    for number in range(400):
        parts = {key: values.split()[0] for key, values in _PARTS.items()}
        for key in chance.sample(sorted(parts), chance.randint(1, 2)):
            parts[key] = chance.choice(_PARTS[key].split())
        header = _ODD[number] if number < len(_ODD) else _HEADER % parts
        data = _npy_claiming(header, bytes(16), chance.choice([b"\x01\x00"] * 3 + [b"\x02\x00", b"\x03\x00"]))
        for name, content in (("a.npy", data), ("a.npz", _zip([("a.npy", data)]))):
            (tmp_path / name).write_bytes(content)
            try:
                load(name, tmp_path)
            except OptionError as error:
                assert _is_ours(error), header


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_nothing_of_a_damaged_file_is_said_in_the_words_of_a_library(tmp_path: Path, suffix: str) -> None:
    chance = random.Random(4)
    good = _npy(WEIGHTS) if suffix == ".npy" else _zip([("a.npy", _npy(WEIGHTS))], zipfile.ZIP_DEFLATED)
    for _ in range(400):
        data = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.choice([0, 1, 8, 9, 255, chance.randrange(256)])
        (tmp_path / f"a{suffix}").write_bytes(data[: chance.choice([len(data), chance.randrange(len(data))])])
        try:
            load(f"a{suffix}", tmp_path)
        except OptionError as error:
            assert _is_ours(error), bytes(data)


def test_a_header_that_is_too_long(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", 10 * 2**20) + b" " * 10 * 2**20)
    assert "its header is longer than 10,000 bytes" in _refused("a.npy", tmp_path)


def test_files_larger_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        file.truncate(formats.MOST_BYTES + 1)  # It takes no room on the disk.
    assert "larger than 64 MB (67,108,865 bytes)" in _refused("a.npy", tmp_path)
    (tmp_path / "a.json").write_text("[[" + "1, " * 100 + "1]]")
    monkeypatch.setattr(formats, "MOST_JSON_BYTES", 100)
    assert "larger than 0 MB (305 bytes)" in _refused("a.json", tmp_path)


def test_a_zip_bomb(tmp_path: Path) -> None:
    """70 MB of zeros that take 70 kB in the file."""
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (7, 10485760), }"
    bomb = _zip([("a.npy", _npy_claiming(header, bytes(70 * 2**20)))], zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    (tmp_path / "a.npz").write_bytes(bomb)
    assert "array a.npy is larger than 64 MB" in _refused("a.npz", tmp_path)


def test_a_zip_bomb_that_claims_to_be_small(tmp_path: Path) -> None:
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1048576), }"
    content = _npy_claiming(header, bytes(2**20))
    bomb = _zip([("a.npy", content)], zipfile.ZIP_DEFLATED)
    (tmp_path / "a.npz").write_bytes(bomb.replace(struct.pack("<I", len(content)), struct.pack("<I", 1000)))
    assert "cannot be read as .npz" in _refused("a.npz", tmp_path)


def test_a_zip_with_a_directory_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST_NAMES", 20)
    (tmp_path / "a.npz").write_bytes(_zip([(f"{index}.npy", b"") for index in range(21)]))
    monkeypatch.setattr(zipfile, "ZipFile", None)  # It must not come to that.
    assert "more than 20 arrays" in _refused("a.npz", tmp_path)


def test_a_member_that_claims_more_than_it_has(tmp_path: Path) -> None:
    content = _npy(WEIGHTS)
    lie = _zip([("a.npy", content)], zipfile.ZIP_DEFLATED)
    lie = lie.replace(struct.pack("<I", len(content)), struct.pack("<I", formats.MOST_BYTES))
    (tmp_path / "a.npz").write_bytes(lie)
    assert "its array a.npy is damaged" in _refused("a.npz", tmp_path)


def test_members_that_are_one_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpacked: list[int]
) -> None:
    """A directory of many names for the same few bytes: each name unpacks to all that these hold."""
    one = _zip([("w0.npy", _npy(np.zeros((100, 8, 8))))], zipfile.ZIP_DEFLATED)
    start = one.index(b"PK\x01\x02")
    entry, end = one[start : start + 52], one[-22:]
    entries = b"".join(entry[:46] + f"w{number}.npy".encode() for number in range(10))
    end = end[:8] + struct.pack("<HHII", 10, 10, len(entries), start) + end[20:]
    (tmp_path / "a.npz").write_bytes(one[:start] + entries + end)
    monkeypatch.setattr(store, "MOST_WORK", 100_000)
    files = Files()
    for number in range(10):
        try:
            load("a.npz", tmp_path, array=f"w{number}", layer=0, files=files)
        except OptionError as error:
            assert "is damaged" in error.message or "to unpack" in error.message
    assert sum(unpacked) <= store.MOST_WORK + store.WORK_A_BYTE * len(one + entries)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_with_another_compression(tmp_path: Path, compression: int) -> None:
    (tmp_path / "a.npz").write_bytes(_zip([("a.npy", _npy(WEIGHTS))], compression))
    assert "compression is not that of numpy.savez" in _refused("a.npz", tmp_path)


def test_a_zip_that_is_encrypted(tmp_path: Path) -> None:
    data = bytearray(_zip([("a.npy", _npy(WEIGHTS))]))
    data[6] |= 1  # the flag, in the member's own header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    (tmp_path / "a.npz").write_bytes(bytes(data))
    assert "cannot be read as .npz" in _refused("a.npz", tmp_path)


def test_a_zip_with_a_wrong_checksum(tmp_path: Path) -> None:
    data = bytearray(_zip([("a.npy", _npy(WEIGHTS))]))
    data[data.index(struct.pack("<d", 0.75))] ^= 1
    (tmp_path / "a.npz").write_bytes(bytes(data))
    assert "cannot be read as .npz: its array a.npy is damaged (save it again with numpy.savez)" in _refused(
        "a.npz", tmp_path
    )


def test_member_names_are_not_paths(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(_zip([("../../out.npy", _npy(WEIGHTS))]))
    assert load("a.npz", tmp_path).tolist() == WEIGHTS.tolist()
    assert [each.name for each in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(_zip([("a.npy", _npy(WEIGHTS)), ("a.npy", _npy(STACK))]))
    assert "two arrays of the file have one name" in _refused("a.npz", tmp_path, array="a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[1, NaN]]", "holds NaN (every number must be finite)"),
        ("[[1, -Infinity]]", "holds -Infinity"),
        ("[[1, 1e999]]", "holds inf at [0, 1]"),
        ("[[1, 1" + "0" * 400 + "]]", "a number of hundreds of digits"),
        ("[[1, 1" + "0" * 5000 + "]]", "cannot be read as .json: a number of thousands of digits"),
        ("[" * 100_000, "cannot be read as .json: it is nested too deeply"),
        ("[" * 100 + "]" * 100, "differ in length"),
        ("[[1, 2], [3]]", "differ in length"),
        ('[[1, "2"]]', "real numbers are needed"),
        ("[[1, null]]", "real numbers are needed"),
        ("[[1, true]]", "mixes numbers with true and false"),
        ("[[{}, 1]]", "real numbers are needed"),
        ("[1, 2]", "shape [2], and 2 or 3 axes are needed"),
        ("[[], []]", "empty: its shape is [2, 0]"),
        ("3", "needs lists of numbers"),
        ('{"a": 3}', "needs lists of numbers"),
        ("{}", "holds no array"),
        ('{"a": [[1]], "a": [[2]]}', "a name stands twice"),
        ("[[1, 2]", "cannot be read as .json: it is no JSON from line 1, column 8 on"),
        ("[[1,\n  2 ,\n ]]", "line 3, column 2"),  # Python 3.13 says line 2, column 5.
        ("", "cannot be read as .json"),
    ],
)
def test_json_that_is_not_an_array(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert message in _refused("a.json", tmp_path)


def test_json_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"\xff": [[1]]}')
    assert "cannot be read as .json: it is not UTF-8 (save it as UTF-8)" in _refused("a.json", tmp_path)


def test_safetensors_that_lie(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    good = _safetensors({"a": ("F64", [1, 2], struct.pack("<2d", 1, 2))})
    for number, data in enumerate(
        (
            b"",
            good[:6],
            good[:-1],
            good + b"\0",
            struct.pack("<Q", 2**63) + good[8:],
            struct.pack("<Q", 10) + good[8:],
            good.replace(b"[1, 2]", b"[9, 2]"),
            good.replace(b"F64", b"F99"),
            good.replace(b"{", b"[" * 50_000),
        )
    ):
        (tmp_path / "a.safetensors").write_bytes(data)
        said = "cannot be read as .safetensors: it is damaged (save it again with safetensors)"
        assert said in _refused("a.safetensors", tmp_path), number
    (tmp_path / "a.safetensors").write_bytes(_safetensors({"a": ("F8_E4M3", [1, 2], b"\1\2")}))
    assert "type F8_E4M3 cannot be drawn (save it as F32)" in _refused("a.safetensors", tmp_path)


def test_safetensors_with_a_header_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors = pytest.importorskip("safetensors")
    monkeypatch.setattr(formats, "MOST_INDEX", 100)
    monkeypatch.setattr(safetensors, "deserialize", None)  # It must not come to that.
    tensors = {f"layer{number}": ("F64", [1, 1], struct.pack("<d", 1)) for number in range(10)}
    (tmp_path / "a.safetensors").write_bytes(_safetensors(tensors))
    assert "its header is larger than 0 MB" in _refused("a.safetensors", tmp_path)


def test_safetensors_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    (tmp_path / "a.safetensors").write_bytes(_safetensors({}))
    assert "pip install 'mdattn[safetensors]'" in _refused("a.safetensors", tmp_path)


def test_files_that_are_something_else(tmp_path: Path) -> None:
    for suffix in (".npy", ".npz", ".json"):
        for content in (b"", b"\0", b"# Markdown", b"\x93NUMPY", b"PK\x03\x04", b"\x93NUMPY\x03\x00", os.urandom(200)):
            (tmp_path / f"a{suffix}").write_bytes(content)
            assert f"cannot be read as {suffix}" in _refused(f"a{suffix}", tmp_path), content


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    for suffix, data in ((".npy", _npy(WEIGHTS)), (".npz", _zip([("a.npy", _npy(WEIGHTS))]))):
        for length in range(len(data)):
            (tmp_path / f"a{suffix}").write_bytes(data[:length])
            _refused(f"a{suffix}", tmp_path)


# What is picked ------------------------------------------------------------------------------------------------------


def test_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", weights=WEIGHTS, scores=WEIGHTS)
    assert "holds 2 arrays (name one with 'array': weights, scores)" in _refused("a.npz", tmp_path)
    assert "no array 'weigths' (did you mean 'weights'?)" in _refused("a.npz", tmp_path, array="weigths")
    assert "no array 'q' (choose from weights, scores)" in _refused("a.npz", tmp_path, array="q")
    np.save(tmp_path / "a.npy", WEIGHTS)
    assert "leave 'array' out" in _refused("a.npy", tmp_path, array="weights")
    (tmp_path / "a.json").write_text("[[1]]")
    assert "leave 'array' out" in _refused("a.json", tmp_path, array="weights")


def test_many_and_odd_names_stay_one_short_line(tmp_path: Path) -> None:
    names = ["line\nbreak", "x" * 1000, *(f"layer.{index}" for index in range(98))]
    (tmp_path / "a.json").write_text(json.dumps({name: [[1]] for name in names}))
    for text in (_refused("a.json", tmp_path), _refused("a.json", tmp_path, array="?")):
        assert r"'line\nbreak'" in text
        assert "and 88 more" in text
        assert len(text) < 400


def test_among_very_many_names_none_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To compare a word with thousands takes long, and each block may ask for another."""
    monkeypatch.setattr(sources, "MOST_SEARCHED", 20)
    monkeypatch.setattr(sources, "suggest", None)  # It must not come to that.
    (tmp_path / "a.json").write_text(json.dumps({f"layer{number}": [[1]] for number in range(21)}))
    assert "(choose from layer0, layer1, " in _refused("a.json", tmp_path, array="layerr0")
    for number in range(20):
        (tmp_path / f"{number}.npy").touch()
    assert _refused("b.json", tmp_path).endswith("()")


def test_lists_and_names_are_counted_before_they_take_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST_NAMES", 20)
    (tmp_path / "a.json").write_text(json.dumps({f"layer{number}": 0 for number in range(21)}))
    assert "more than 20 arrays" in _refused("a.json", tmp_path)
    monkeypatch.setattr(formats, "MOST_LISTS", 20)
    monkeypatch.setattr(formats, "_parse_json", None)  # It must not come to that.
    (tmp_path / "b.json").write_text(json.dumps([[]] * 20))
    assert "more than 20 lists (save it as .npy)" in _refused("b.json", tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": 2}, "layer 2 is not in the array (it has 2 there, from 0 to 1)"),
        ({"layer": -1}, "layer -1 is not in the array"),
        ({"layer": 1, "head": 3}, "head 3 is not in the array (it has 3 there, from 0 to 2)"),
        ({}, "shape [2, 3, 2, 2], and 2 or 3 axes are needed (pick a part of it with 'layer' and 'head')"),
        ({"layer": 0, "axes": (2,)}, "shape [3, 2, 2], and 2 axes are needed (pick a part"),
        ({"layer": 0, "head": 0, "axes": (3,)}, "shape [2, 3, 2, 2], and no axis for 'head' (leave 'head' out)"),
        ({"head": 0}, "shape [2, 3, 2, 2], and its first axis is not that of heads (name the 'layer' too)"),
    ],
)
def test_layers_and_heads(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    np.save(tmp_path / "a.npy", STACK)
    assert message in _refused("a.npy", tmp_path, **options)


def test_a_number_without_axes_has_no_head(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array(1.0))
    assert "no axis for 'head'" in _refused("a.npy", tmp_path, head=0)
    np.save(tmp_path / "b.npy", WEIGHTS)
    assert "no axis for 'head' (leave 'head' out)" in _refused("b.npy", tmp_path, head=0)
    assert "no axis for 'layer' (leave 'layer' out)" in _refused("b.npy", tmp_path, layer=0)
    np.save(tmp_path / "c.npy", STACK[0])
    assert load("c.npy", tmp_path, head=2).tolist() == STACK[0][2].tolist()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_must_be_finite(tmp_path: Path, bad: float) -> None:
    np.save(tmp_path / "a.npy", np.array([[0.0, 1.0], [bad, 1.0]]))
    assert f"holds {bad} at [1, 0] (every number must be finite)" in _refused("a.npy", tmp_path)


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (0, 10**18)])
def test_an_array_without_numbers(tmp_path: Path, shape: tuple[int, int]) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    (tmp_path / "a.npy").write_bytes(_npy_claiming(header, b""))
    assert f"empty: its shape is {list(shape)}" in _refused("a.npy", tmp_path)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="no wider type here")
def test_types_that_only_some_machines_have(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 2), dtype=np.longdouble))
    assert "real numbers are needed (save it as float64)" in _refused("a.npy", tmp_path)


# What is read twice --------------------------------------------------------------------------------------------------


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are opened."""
    names: list[str] = []
    opened = os.open

    def counted(path: Any, *rest: Any, **options: Any) -> int:
        names.append(Path(path).name)
        return opened(path, *rest, **options)

    monkeypatch.setattr(os, "open", counted)
    return names


def test_one_file_is_opened_once_whatever_it_is_called(tmp_path: Path, opens: list[str]) -> None:
    np.savez(tmp_path / "a.npz", weights=WEIGHTS, stack=STACK)
    (tmp_path / "inner").symlink_to(tmp_path)
    (tmp_path / "link.npz").symlink_to("a.npz")
    os.link(tmp_path / "a.npz", tmp_path / "hard.npz")
    files = Files()
    for name in ("a.npz", "./a.npz", "inner/a.npz", "link.npz", "hard.npz"):
        assert load(name, tmp_path, array="weights", files=files).tolist() == WEIGHTS.tolist()
        assert load(name, tmp_path, array="stack", layer=1, files=files).tolist() == STACK[1].tolist()
    assert opens == ["a.npz"]


def test_a_file_that_changed_is_read_again(tmp_path: Path, opens: list[str]) -> None:
    files = Files()
    np.save(tmp_path / "a.npy", WEIGHTS)
    assert load("a.npy", tmp_path, files=files).tolist() == WEIGHTS.tolist()
    np.save(tmp_path / "b.npy", WEIGHTS[::-1].copy())
    (tmp_path / "b.npy").replace(tmp_path / "a.npy")  # As long as before, but another file.
    assert load("a.npy", tmp_path, files=files).tolist() == WEIGHTS[::-1].tolist()
    before = (tmp_path / "a.npy").stat()
    np.save(tmp_path / "a.npy", 1 - WEIGHTS)
    os.utime(tmp_path / "a.npy", ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert load("a.npy", tmp_path, files=files).tolist() == (1 - WEIGHTS).tolist()
    assert opens == ["a.npy"] * 3


def test_what_a_file_may_not_be_is_looked_at_each_time(tmp_path: Path) -> None:
    files = Files()
    (tmp_path / "inner").mkdir()
    np.save(tmp_path / "a.npy", WEIGHTS)
    load("a.npy", tmp_path, files=files)
    (tmp_path / "inner" / "a.npy").symlink_to("../a.npy")
    assert "symbolic link out" in _refused("a.npy", tmp_path / "inner", files=files)
    (tmp_path / "a.npy").rename(tmp_path / "a.json")
    assert "there is no file" in _refused("a.npy", tmp_path, files=files)
    assert "cannot be read as .json" in _refused("a.json", tmp_path, files=files)


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes that are unpacked, array by array."""
    sizes: list[int] = []
    member = formats._member

    def counted(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
        sizes.append(info.file_size)
        return member(archive, info)

    monkeypatch.setattr(formats, "_member", counted)
    return sizes


def _members(count: int, array: NDArray[Any]) -> bytes:
    return _zip([(f"w{number}.npy", _npy(array)) for number in range(count)], zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_no_more_is_kept_than_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opens: list[str], suffix: str
) -> None:
    """Of many files, and of many arrays of one, only the one that is asked for now may be larger."""
    monkeypatch.setattr(store, "MOST_KEPT", 30_000)
    array = np.zeros((2, 32, 32))  # 16 kB, and 8 for a half of it.
    for name in "abc":
        data = _npy(array) if suffix == ".npy" else _members(3, array)
        (tmp_path / f"{name}{suffix}").write_bytes(data)
    files = Files()
    for name, number, layer in [(name, number, layer) for name in "abc" for number in range(3) for layer in (0, 1)]:
        load(f"{name}{suffix}", tmp_path, array=f"w{number}" if suffix == ".npz" else None, layer=layer, files=files)
        assert files.size == sum(kept for _, kept in files._made.values())
        assert files.size <= store.MOST_KEPT
    assert [name[0] for name in dict.fromkeys(opens)] == ["a", "b", "c"]
    monkeypatch.setattr(store, "MOST_KEPT", 1)
    load(f"a{suffix}", tmp_path, array="w0" if suffix == ".npz" else None, layer=0, files=files)
    assert len(files._made) == 1


def test_what_is_kept_is_not_done_again(tmp_path: Path, opens: list[str], unpacked: list[int]) -> None:
    (tmp_path / "a.npz").write_bytes(_members(3, STACK))
    files = Files()
    for _ in range(5):
        for number in range(3):
            one = load("a.npz", tmp_path, array=f"w{number}", layer=1, files=files)
            assert load("a.npz", tmp_path, array=f"w{number}", layer=1, files=files) is one
    assert opens == ["a.npz"]
    assert len(unpacked) == 3


def test_what_was_drawn_is_kept_longer_than_the_array_that_it_is_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpacked: list[int]
) -> None:
    """A head is small; the array of all layers, which had to go, is not unpacked again for it."""
    (tmp_path / "a.npz").write_bytes(_members(4, np.zeros((100, 8, 8))))
    monkeypatch.setattr(store, "MOST_KEPT", 70_000)
    files = Files()
    for _ in range(10):
        for number in range(4):
            load("a.npz", tmp_path, array=f"w{number}", layer=0, files=files)
    assert len(unpacked) == 4


def test_what_was_let_go_of_is_not_done_again_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpacked: list[int]
) -> None:
    """Each block asks for another array than the one before, and all of them are more than may be kept."""
    data = _members(4, np.zeros((100, 8, 8)))
    (tmp_path / "a.npz").write_bytes(data)
    monkeypatch.setattr(store, "MOST_KEPT", 100_000)
    monkeypatch.setattr(store, "MOST_WORK", 500_000)
    files = Files()
    said = set()
    for number in range(100):
        try:
            load("a.npz", tmp_path, array=f"w{number % 4}", layer=number, files=files)
        except OptionError as error:
            said.add((error.path, error.message, error.hint))
    assert sum(unpacked) <= store.MOST_WORK + store.WORK_A_BYTE * len(data)
    assert len(said) == 1
    message = said.pop()[1]
    assert "read up to this block would take more than 0 MB to unpack" in message


def test_numbers_as_they_are_saved_are_never_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte of a file buys work, so that no number of honest files comes to an end of it."""
    monkeypatch.setattr(store, "MOST_WORK", 0)
    files = Files()
    random_numbers = np.random.default_rng(1)
    for number in range(20):
        np.savez_compressed(tmp_path / f"{number}.npz", weights=random_numbers.random((4, 16, 16)))
        for layer in range(4):
            load(f"{number}.npz", tmp_path, layer=layer, files=files)


def test_what_one_document_does_takes_nothing_from_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each document does half of what may be done; together they do much more."""
    (tmp_path / "a.npz").write_bytes(_members(2, np.zeros((4, 8, 8))))
    done = 2 * 4 * 8 * 8 * 8
    monkeypatch.setattr(store, "MOST_KEPT", 3000)
    monkeypatch.setattr(store, "MOST_WORK", 2 * done)
    monkeypatch.setattr(store, "WORK_A_BYTE", 0)
    files = Files()
    for _ in range(5):
        files.begin()
        for number in range(2):
            load("a.npz", tmp_path, array=f"w{number}", layer=0, files=files)
    with pytest.raises(OptionError, match="to unpack"):
        for number in range(20):
            load("a.npz", tmp_path, array=f"w{number % 2}", layer=number % 4, files=files)


@pytest.mark.parametrize("before", [(), ("w0",), ("w1", "w0"), ("w2", "missing", "w1")])
def test_what_a_document_may_do_is_the_same_whatever_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: Sequence[str], unpacked: list[int]
) -> None:
    """Each ask is counted as if nothing had been left; what was left is not unpacked again."""
    data = _members(3, np.zeros((50, 8, 8)))
    (tmp_path / "a.npz").write_bytes(data)
    monkeypatch.setattr(store, "MOST_KEPT", 70_000)
    monkeypatch.setattr(store, "WORK_A_BYTE", 0)
    monkeypatch.setattr(store, "MOST_WORK", len(data) + 5 * 50 * 8 * 8 * 8)

    def document(files: Files, names: Sequence[str]) -> list[bool]:
        files.begin()
        drawn = []
        for layer, name in enumerate(names):
            try:
                load("a.npz", tmp_path, array=name, layer=layer, files=files)
                drawn.append(True)
            except OptionError:
                drawn.append(False)
        return drawn

    asks = ("w0", "w1", "w2") * 5
    alone = document(Files(), asks)
    assert set(alone) == {True, False}
    files = Files()
    document(files, before)
    assert document(files, asks) == alone
    done = len(unpacked)
    files.begin()
    load("a.npz", tmp_path, array="w1" if "w1" in before else "w0", layer=0, files=files)
    assert len(unpacked) <= done + 1


@pytest.mark.parametrize("bad", ["member", "shape", "finite", "type"])
def test_what_fails_once_is_not_tried_again(tmp_path: Path, unpacked: list[int], bad: str) -> None:
    members = {
        "member": _npy(np.zeros((3, 3)))[:-1] + b"!!",
        "shape": _npy_claiming("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }", bytes(1000)),
        "finite": _npy(np.full((3, 3), np.nan)),
        "type": _npy(np.zeros((3, 3), dtype=complex)),
    }
    (tmp_path / "a.npz").write_bytes(_zip([("a.npy", members[bad])], zipfile.ZIP_DEFLATED))
    os.link(tmp_path / "a.npz", tmp_path / "b.npz")
    files = Files()
    said = [_refused("a.npz", tmp_path, files=files) for _ in range(5)]
    assert len(set(said)) == 1
    assert _refused("b.npz", tmp_path, files=files) == said[0].replace("a.npz", "b.npz")  # It is blamed by its name.
    assert len(unpacked) == 1


def test_numbers_that_are_not_finite_are_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", np.full((2, 3, 3), np.inf))
    looked: list[tuple[int, ...]] = []
    checked = sources._checked

    def counted(found: NDArray[Any]) -> NDArray[np.float64]:
        looked.append(found.shape)
        return checked(found)

    monkeypatch.setattr(sources, "_checked", counted)
    files = Files()
    for layer in (0, 1, 0, 1):
        assert "holds inf at [0, 0]" in _refused("a.npy", tmp_path, layer=layer, files=files)
    assert looked == [(3, 3)] * 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff"),
        ("a.npz", b"PK\x03\x04"),
        ("a.json", b"[[1, 2], [3, 4"),
        ("a.json", b"{}"),
        ("a.safetensors", b"12345678"),
    ],
)
def test_a_file_that_cannot_be_read_is_read_once(tmp_path: Path, opens: list[str], name: str, data: bytes) -> None:
    pytest.importorskip("safetensors")
    (tmp_path / name).write_bytes(data)
    files = Files()
    assert len({_refused(name, tmp_path, files=files) for _ in range(3)}) == 1
    assert opens == [name]


def test_what_failed_keeps_nothing_alive(tmp_path: Path) -> None:
    """Not by the frames of its traceback, which hold the array."""
    np.save(tmp_path / "a.npy", np.full((3, 3), np.nan))
    files = Files()
    for _ in range(2):
        _refused("a.npy", tmp_path, files=files)
    assert [each.__traceback__ or each.__context__ for each in files._failed.values()] == [None]


def test_a_shape_is_looked_at_before_anything_is_made_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", STACK)
    monkeypatch.setattr(sources, "_checked", None)  # It must not come to that.
    seen: list[tuple[int, ...]] = []

    def fits(shape: tuple[int, ...]) -> None:
        seen.append(shape)
        raise OptionError("source", "does not fit")

    assert "does not fit" in _refused("a.npy", tmp_path, layer=1, fits=fits)
    assert seen == [(3, 2, 2)]
    monkeypatch.setattr(sources, "MOST_NUMBERS", 11)
    assert "[3, 2, 2], 12 numbers; at most 11 can be drawn (pick a part" in _refused("a.npy", tmp_path, layer=1)


@pytest.mark.parametrize("work", ["unpacked", "refused", "given"])
def test_one_array_takes_little_more_room_than_it_has(work: str) -> None:
    """Unpacked, it is never there twice; refused for all its numbers, there is no list of them."""
    array = np.full((1000, 1000), np.nan)
    archive = zipfile.ZipFile(io.BytesIO(_zip([("a.npy", _npy(array))], zipfile.ZIP_DEFLATED)))
    tracemalloc.start()
    if work == "unpacked":
        formats._member(archive, archive.infolist()[0])
    else:
        with pytest.raises(OptionError, match="nan"):
            _ = sources._checked(array) if work == "refused" else numbers(array, ("weights",), 2, "'weights'")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.8 * array.nbytes


def test_words_in_json_take_no_more_room_than_they_do(tmp_path: Path) -> None:
    """numpy would give each of them as much as the longest."""
    (tmp_path / "a.json").write_text(json.dumps(["x" * 2_000_000, *["y"] * 100_000]))
    assert "the array holds text, and real numbers are needed" in _refused("a.json", tmp_path)
