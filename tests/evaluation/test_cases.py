"""Cases of the sparse-slice protocol."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.evaluation.cases import LabelledVolume, make_case, npz_files, read_volumes, spread


def volume(first: int, last: int, slices: int = 40, data_set: str = "a") -> LabelledVolume:
    mask = np.zeros((slices, 8, 8), dtype=bool)
    mask[first : last + 1, 2:6, 2:6] = True
    image = np.zeros(mask.shape, dtype=np.float32)
    return LabelledVolume("v", data_set, "x", "MR", image, mask, (1.0, 1.0, 1.0))


def test_drawn_ends_include_the_first_and_last_slice() -> None:
    case = make_case(volume(10, 30), 5, "ends")
    assert case is not None
    assert case.drawn == (10, 15, 20, 25, 30)
    assert case.undrawn == [i for i in range(10, 31) if i % 5]


def test_inner_slices_stay_a_tenth_away_from_the_ends() -> None:
    case = make_case(volume(10, 30), 3, "inner")
    assert case is not None
    assert case.drawn == (12, 20, 28)


def test_short_extents_make_no_case() -> None:
    assert make_case(volume(10, 20), 5, "ends") is None
    assert make_case(volume(10, 21), 5, "ends") is not None


def test_examples_are_the_truth_on_the_drawn_slices() -> None:
    case = make_case(volume(0, 20), 3, "ends")
    assert case is not None
    assert set(case.examples) == set(case.drawn)
    assert all(mask.sum() == 16 for mask in case.examples.values())


def test_a_sample_takes_from_every_data_set() -> None:
    many = [volume(0, 20, data_set=name) for name in "aaaaaaaabbc"]
    assert [v.data_set for v in spread(many, 5)] == ["a", "a", "b", "b", "c"]
    assert spread(many, 100) == many
    with pytest.raises(ValueError, match="expected 1 or more"):
        spread(many, 0)


def test_development_volumes_fall_into_four_data_sets(shared_data: Path) -> None:
    volumes = list(read_volumes([shared_data / "volumes"]))
    counts = {
        name: sum(v.data_set == name for v in volumes) for name in {v.data_set for v in volumes}
    }
    assert counts == {"hippocampus": 60, "sct": 2, "totalseg_ct": 14, "totalseg_ct_dicom": 10}
    assert {v.modality for v in volumes if v.data_set.startswith("totalseg")} == {"CT"}
    assert {v.modality for v in volumes if not v.data_set.startswith("totalseg")} == {"MR"}


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"image": np.zeros((2, 3, 3))}, "lacks spacing"),
        ({"image": np.zeros((3, 3)), "spacing": np.ones(3)}, "expected an image"),
        (
            {"image": np.zeros((2, 3, 3)), "spacing": np.ones(3), "mask_a": np.ones((1, 3, 3))},
            "mask_a has shape",
        ),
    ],
)
def test_files_of_another_kind_are_refused(
    tmp_path: Path, arrays: dict[str, Any], complaint: str
) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=complaint):
        list(read_volumes([path]))


def test_broken_and_missing_files_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(ValueError, match="not a readable npz"):
        list(read_volumes([broken]))
    with pytest.raises(ValueError, match="does not exist"):
        npz_files([tmp_path / "absent"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no npz files"):
        npz_files([tmp_path / "empty"])
