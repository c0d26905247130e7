"""Several images at one position, as volumes of their own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dicom.reading import find_series, read_series
from tests.support.synthetic_series import (
    PLACEMENTS,
    base_image,
    write_enhanced,
    write_images,
    write_series,
)


def test_several_images_at_each_position_become_several_volumes(tmp_path: Path) -> None:
    values = write_enhanced(tmp_path / "enhanced", PLACEMENTS[0], volumes=11)
    summaries = find_series(tmp_path)
    assert len({summary.uid for summary in summaries}) == 11
    for number, summary in enumerate(summaries, start=1):
        assert summary.series_description == f"Synthetic (time point {number})"
        assert np.array_equal(read_series(summary).volume, values[number - 1])


def test_single_frame_volumes_are_told_apart_by_what_differs(tmp_path: Path) -> None:
    identifiers: dict[str, Any] = {
        keyword: str(base_image(1, 1)[keyword].value)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
    }
    written = [
        write_series(
            tmp_path / str(value), PLACEMENTS[0], seed=value, DiffusionBValue=value, **identifiers
        )
        for value in (0, 50, 1000)
    ]
    summaries = find_series(tmp_path)
    assert [summary.series_description for summary in summaries] == [
        "Synthetic (b-value 0)",
        "Synthetic (b-value 50)",
        "Synthetic (b-value 1000)",
    ]
    for summary, one in zip(summaries, written, strict=True):
        assert np.array_equal(read_series(summary).volume, one.volume)


def positions_times(*keys: Any) -> list[dict[str, Any]]:
    """Attributes of images at three positions for each set of attributes in `keys`."""
    return [
        {"ImagePositionPatient": [0, 0, 2.5 * index], **key} for key in keys for index in range(3)
    ]


@pytest.mark.parametrize(
    ("keys", "labels"),
    [
        (
            [{"NominalPercentageOfCardiacPhase": phase} for phase in (0.0, 50.0)],
            ["cardiac phase 0", "cardiac phase 50"],
        ),
        (
            [{"FrameReferenceTime": time} for time in (900, 2500, 12000)],
            ["frame time 900", "frame time 2500", "frame time 12000"],
        ),
        (
            [
                {"DiffusionBValue": b_value, "AcquisitionNumber": number}
                for b_value in (1500.0, 800.0)
                for number in (2, 1)
            ],
            [
                "b-value 800, acquisition 1",
                "b-value 800, acquisition 2",
                "b-value 1500, acquisition 1",
                "b-value 1500, acquisition 2",
            ],
        ),
        (
            [{"SequenceName": name} for name in ("*ep_b0", "*ep_b1000t")],
            ["sequence *ep_b0", "sequence *ep_b1000t"],
        ),
        ([{}, {}], ["volume 1", "volume 2"]),
    ],
)
def test_volumes_at_the_same_positions_are_separate_entries(
    tmp_path: Path, keys: Any, labels: list[str]
) -> None:
    write_images(tmp_path, positions_times(*keys))
    summaries = find_series(tmp_path)
    assert [one.series_description for one in summaries] == [f"Synthetic ({x})" for x in labels]
    assert all(summary.slices == 3 for summary in summaries)
    assert len({summary.uid for summary in summaries}) == len(labels)


def found_volumes(folder: Path) -> list[list[float]]:
    """Numbers of the images, from 0, that each volume holds, in position order."""
    return sorted(
        [int(record.path.name[5:]) - 1 for record in summary.records]
        for summary in find_series(folder)
    )


def caution(folder: Path, words: str) -> str:
    """The one sentence with these words that every stack of a folder carries."""
    (sentence,) = {
        problem
        for summary in find_series(folder)
        for problem in [one for one in summary.problems if words in one] or [""]
    }
    return sentence


CONTRASTS = {
    "TemporalPositionIndex": (1, 2, 10),
    "DiffusionBValue": (0.0, 50.0, 1000.0),
    "EchoTime": ("2.30", "4.6", "11"),
    "InversionTime": (200, 400, 1200),
    "FlipAngle": (2, 5, 15),
    "ScanOptions": ("TP0MS", "TP300MS", "TP600MS"),
    "ConvolutionKernel": (["I30f", "3"], ["B60f", "3"], "B80f"),
    "KVP": (70, 100, 150),
    "SliceThickness": (1, 2, 5),
    "ComplexImageComponent": ("MAGNITUDE", "PHASE", "REAL"),
    "AcquisitionContrast": ("T1", "T2", "T2_STAR"),
    "ReceiveCoilName": ("C1", "C2", "C10"),
    "ContrastBolusAgent": ("", "Agent A", "Agent B"),
    "CorrectedImage": (["DECY"], ["DECY", "ATTN"], ["DECY", "ATTN", "SCAT"]),
}


def restarting(images: list[dict[str, Any]], slices: int) -> list[dict[str, Any]]:
    """Give every volume the same instance numbers, and UIDs in no order."""
    for index, image in enumerate(images):
        image["InstanceNumber"] = index % slices + 1
        image["SOPInstanceUID"] = f"1.2.3.{7919 * (index + 1) % 1009}"
    return images


@pytest.mark.parametrize("shift", [0.0, 0.03, 0.4, 2.5 / 3])
@pytest.mark.parametrize("keyword", CONTRASTS)
def test_every_contrast_divides_volumes_that_coincide_or_interleave(
    tmp_path: Path, keyword: str, shift: Any
) -> None:
    images = []
    for volume, value in enumerate(CONTRASTS[keyword]):
        for index in range(4):
            position = [0, 0, 2.5 * index + shift * volume]
            images.append({"ImagePositionPatient": position, keyword: value})
    write_images(tmp_path, restarting(images, 4))
    assert found_volumes(tmp_path) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert not caution(tmp_path, "mixed") and not caution(tmp_path, "belong together")


@pytest.mark.parametrize(
    "keyword", ["AcquisitionNumber", "TriggerTime", "AcquisitionTime", "RepetitionTime"]
)
def test_runs_divide_volumes_that_share_places_or_lie_unevenly(
    tmp_path: Path, keyword: str
) -> None:
    for name, shift in (("same", 0.0), ("shifted", 0.4)):
        images = [
            {"ImagePositionPatient": [0, 0, 2.5 * index + shift * volume], keyword: f"{volume:06d}"}
            for volume in (1, 2)
            for index in range(4)
        ]
        write_images(tmp_path / name, restarting(images, 4))
        assert found_volumes(tmp_path / name) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_runs_that_interleave_evenly_are_one_volume(tmp_path: Path) -> None:
    write_images(
        tmp_path,
        [
            {"ImagePositionPatient": [0, 0, 2.5 * index], "AcquisitionNumber": index % 2}
            for index in range(8)
        ],
    )
    assert found_volumes(tmp_path) == [list(range(8))]
    assert "take turns in acquisition" in caution(tmp_path, "belong together")


def test_a_part_of_a_stack_with_another_contrast_stays_in_it_and_is_told(tmp_path: Path) -> None:
    write_images(tmp_path, [{"KVP": 120 if 3 <= index < 6 else 100} for index in range(9)])
    assert found_volumes(tmp_path) == [list(range(9))]
    assert caution(tmp_path, "kVp (100, 120): check that they belong together")


def test_volumes_of_different_extent_are_divided(tmp_path: Path) -> None:
    extents = {0.0: range(8), 500.0: range(3, 11), 1000.0: range(8, 14)}
    write_images(
        tmp_path,
        [
            {"ImagePositionPatient": [0, 0, 2.5 * index], "DiffusionBValue": value}
            for value, extent in extents.items()
            for index in extent
        ],
    )
    assert sorted(map(len, found_volumes(tmp_path))) == [6, 8, 8]


@pytest.mark.parametrize("keyword", ["AcquisitionNumber", "AcquisitionTime"])
def test_stations_that_overlap_are_one_stack_without_the_repeated_slices(
    tmp_path: Path, keyword: str
) -> None:
    images = [
        {"ImagePositionPatient": [0, 0, 2.5 * (7 * station + index)], keyword: f"{station:06d}"}
        for station in range(3)
        for index in range(8)
    ]
    write_images(tmp_path, restarting(images, 8))
    assert found_volumes(tmp_path) == [[i for i in range(24) if i not in (8, 16)], [8, 16]]
    assert "3 runs" in caution(tmp_path, "follow one another and overlap")


def test_stations_of_other_steps_stay_apart(tmp_path: Path) -> None:
    images = [{"ImagePositionPatient": [0, 0, z], "AcquisitionNumber": 1} for z in range(0, 24, 3)]
    images += [{"ImagePositionPatient": [0, 0, z], "AcquisitionNumber": 2} for z in range(15, 25)]
    write_images(tmp_path, images)
    assert found_volumes(tmp_path) == [list(range(8)), list(range(8, 18))]


def test_stations_that_do_not_overlap_are_one_stack(tmp_path: Path) -> None:
    images = [{"ImagePositionPatient": [0, 0, z], "AcquisitionNumber": 1} for z in range(0, 24, 3)]
    images += [{"ImagePositionPatient": [0, 0, z], "AcquisitionNumber": 2} for z in range(24, 30)]
    write_images(tmp_path, images)
    assert found_volumes(tmp_path) == [list(range(14))]


def test_neighbours_of_one_number_are_told(tmp_path: Path) -> None:
    images: list[dict[str, Any]] = [
        {"ImagePositionPatient": [0, 0, 2.5 * index]} for index in range(8)
    ]
    for index, image in enumerate(images):
        image["InstanceNumber"] = index // 2
    write_images(tmp_path, images)
    assert "4 slices have the same instance number" in caution(tmp_path, "mixed")


def test_two_attributes_divide_stacks_that_interleave(tmp_path: Path) -> None:
    write_images(
        tmp_path,
        [
            {
                "ImagePositionPatient": [0, 0, 4 * index + volume],
                "EchoNumbers": volume // 2,
                "DiffusionBValue": volume % 2,
            }
            for volume in range(4)
            for index in range(3)
        ],
    )
    assert found_volumes(tmp_path) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]


def test_attributes_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    images = positions_times({"EchoTime": 5, "FlipAngle": 10}, {"EchoTime": 60, "FlipAngle": 20})
    images[1]["FlipAngle"], images[4]["FlipAngle"] = 20, 10
    write_images(tmp_path, images)
    assert found_volumes(tmp_path) == [[0, 1, 2], [3, 4, 5]]
    assert "echo time and flip angle do not agree" in caution(tmp_path, "mixed")


def test_times_of_single_slices_do_not_tear_a_volume_apart(tmp_path: Path) -> None:
    images = positions_times({}, {})
    for number, image in enumerate(images):
        image["AcquisitionTime"] = f"1200{number:02d}"
    write_images(tmp_path, images)
    assert [summary.slices for summary in find_series(tmp_path)] == [3, 3]
