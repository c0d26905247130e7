"""Patients' pseudonyms and their split."""

import stat
from collections import Counter
from pathlib import Path

from core.training.registry.index import Split
from core.training.registry.patients import pseudonym, pseudonym_key, split_of

SHARES = (0.7, 0.2, 0.1)


def test_patients_are_split_by_the_shares() -> None:
    counts = Counter(split_of(f"patient {number}", SHARES, 0) for number in range(3000))
    splits: tuple[Split, ...] = ("train", "val", "test")
    for split, share in zip(splits, SHARES, strict=True):
        assert abs(counts[split] / 3000 - share) < 0.03


def test_another_seed_splits_otherwise() -> None:
    first, second = ([split_of(str(n), SHARES, seed) for n in range(200)] for seed in (0, 1))
    assert first != second


def test_all_may_be_for_training() -> None:
    assert {split_of(str(number), (1.0, 0.0, 0.0), 0) for number in range(200)} == {"train"}


def test_a_pseudonym_needs_the_key(tmp_path: Path) -> None:
    key = pseudonym_key(tmp_path)
    assert pseudonym_key(tmp_path) == key
    assert pseudonym(key, "Doe^Jane") == pseudonym(key, "Doe^Jane")
    assert pseudonym(key, "Doe^Jane") != pseudonym(key, "Doe^John")
    (tmp_path / "other").mkdir()
    assert pseudonym(pseudonym_key(tmp_path / "other"), "Doe^Jane") != pseudonym(key, "Doe^Jane")


def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    pseudonym_key(tmp_path)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
