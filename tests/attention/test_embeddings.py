"""Illustrative embeddings: the same everywhere, readable, and attention over them worth a look."""

from __future__ import annotations

import subprocess
import sys
from hashlib import blake2b

import numpy as np

from mdattn.attention.attend import attend
from mdattn.attention.embeddings import illustrative

SENTENCES = [
    "The cat sat on the mat",
    "The programmer debugged the complex algorithm",
    "Attention is all you need",
    "猫 は マット の 上 に 座った",
]


def test_same_text_same_vector_wherever_it_stands() -> None:
    vectors = illustrative(["the", "cat", "the"], 4, 2)
    assert vectors.shape == (3, 4)
    assert vectors[0].tolist() == vectors[2].tolist()
    assert vectors[0].tolist() != vectors[1].tolist()
    assert illustrative(["cat"], 4, 2)[0].tolist() == vectors[1].tolist()
    assert illustrative(["The"], 4, 2)[0].tolist() != vectors[0].tolist()


def test_follows_its_recipe() -> None:
    """The recipe again: 7 bytes of the hash a number, spread over -1 to 1, its root with its sign, rounded."""
    expected = []
    for block, count in ((0, 8), (1, 2)):
        digest = blake2b("Katze é".encode(), digest_size=56, salt=bytes([block]), person=b"illustrative").digest()
        for index in range(count):
            even = int.from_bytes(digest[7 * index : 7 * index + 7], "big") / 2**55 - 1
            expected.append(round(np.sign(even) * abs(even) ** 0.5, 4))
    assert illustrative(["Katze é"], 10, 4)[0].tolist() == expected


def test_frozen_for_documents_already_published() -> None:
    """What documents hold must not change with a release: these vectors are part of the format."""
    assert illustrative(["The", "cat", "sat"], 3, 2).tolist() == [
        [0.39, 0.52, -0.96],
        [-0.99, -0.57, -0.8],
        [0.1, 0.99, 0.81],
    ]


def test_the_hash_seed_of_the_process_does_not_matter() -> None:
    code = "from mdattn.attention.embeddings import illustrative; print(illustrative(['cat', 'mat'], 3, 6).tolist())"
    results = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(results) == 1
    assert results == {f"{illustrative(['cat', 'mat'], 3, 6).tolist()}\n"}


def test_numbers_are_those_printed() -> None:
    for decimals in range(7):
        vectors = illustrative(SENTENCES[0].split(), 64, decimals)
        assert np.abs(vectors).max() <= 1.0
        np.testing.assert_array_equal(vectors, np.round(vectors, max(1, decimals)))
        assert len(np.unique(vectors)) > 10  # also with 0 decimals


def test_more_dimensions_leave_the_first_as_they_are() -> None:
    np.testing.assert_array_equal(illustrative(["cat"], 64, 3)[:, :5], illustrative(["cat"], 5, 3))


def test_any_text_has_a_vector() -> None:
    vectors = illustrative(["", "\ud800", "👩‍👩‍👧", "a" * 100_000], 3, 2)
    assert len({tuple(row) for row in vectors.tolist()}) == 4
    assert illustrative([], 3, 2).shape == (0, 3)


def test_attention_over_them_is_not_flat() -> None:
    for sentence in SENTENCES:
        vectors = illustrative(sentence.split(), 3, 2)
        weights = attend(vectors, vectors, vectors).weights[0]
        assert (weights.max(axis=1) / weights.min(axis=1) > 1.8).all(), sentence
        assert weights.max() > 1.5 / len(weights), sentence


def test_components_fill_the_range_evenly_around_zero() -> None:
    numbers = illustrative([f"token {index}" for index in range(2000)], 8, 6)
    assert abs(numbers.mean()) < 0.02
    assert abs((numbers**2).mean() - 0.5) < 0.02
