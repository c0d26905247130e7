"""Several images at one position, as volumes of their own."""

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


def test_several_images_at_each_position_become_several_volumes(tmp_path):
    values = write_enhanced(tmp_path / "enhanced", PLACEMENTS[0], volumes=11)
    summaries = find_series(tmp_path)
    assert len({summary.uid for summary in summaries}) == 11
    for number, summary in enumerate(summaries, start=1):
        assert summary.series_description == f"Synthetic (time point {number})"
        assert np.array_equal(read_series(summary).volume, values[number - 1])


def test_single_frame_volumes_are_told_apart_by_what_differs(tmp_path):
    identifiers = {
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


def positions_times(*keys):
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
def test_volumes_at_the_same_positions_are_separate_entries(tmp_path, keys, labels):
    write_images(tmp_path, positions_times(*keys))
    summaries = find_series(tmp_path)
    assert [one.series_description for one in summaries] == [f"Synthetic ({x})" for x in labels]
    assert all(summary.slices == 3 for summary in summaries)
    assert len({summary.uid for summary in summaries}) == len(labels)


def test_times_of_single_slices_do_not_tear_a_volume_apart(tmp_path):
    images = positions_times({}, {})
    for number, image in enumerate(images):
        image["AcquisitionTime"] = f"1200{number:02d}"
    write_images(tmp_path, images)
    assert [summary.slices for summary in find_series(tmp_path)] == [3, 3]
