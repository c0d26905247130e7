import shutil
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut
from pydicom.uid import SecondaryCaptureImageStorage

from core.dicom.errors import DicomError
from core.dicom.pixels import read_frames
from core.dicom.reading import (
    find_series,
    look_through,
    read_series,
    read_slices,
    suggested_windows,
)
from core.dicom.series import Window
from tests.support.synthetic_series import (
    PLACEMENTS,
    SAGITTAL,
    Placement,
    base_image,
    write_enhanced,
    write_images,
    write_series,
)

REAL_SERIES = ("totalseg_example_ct", "dcmqi_ct3slice", "nd320_study1_t1post")


def by_position(folder):
    """Images of a folder in position order, by pydicom alone."""
    images = [pydicom.dcmread(path, force=True) for path in folder.iterdir()]
    normal = np.cross(*np.reshape(images[0].ImageOrientationPatient, (2, 3)).astype(float))
    return sorted(images, key=lambda image: float(normal @ np.array(image.ImagePositionPatient)))


@pytest.mark.parametrize("name", REAL_SERIES)
def test_real_series_come_in_position_order_with_pydicoms_values(shared_data, name):
    images = by_position(shared_data / "dicom" / name)
    (summary,) = find_series(shared_data / "dicom" / name)
    series = read_series(summary)
    assert series.volume.dtype == np.int16
    expected = np.stack([apply_modality_lut(image.pixel_array, image) for image in images])
    assert np.array_equal(series.volume, expected)
    positions = [[float(value) for value in image.ImagePositionPatient] for image in images]
    assert np.array_equal(series.geometry.positions, positions)


def test_instances_are_named_by_the_file_meta_where_their_own_element_is_empty(shared_data):
    images = by_position(shared_data / "dicom" / "totalseg_example_ct")
    (summary,) = find_series(shared_data / "dicom" / "totalseg_example_ct")
    assert not any(image.SOPInstanceUID for image in images)
    assert [record.sop_instance_uid for record in summary.records] == [
        image.file_meta.MediaStorageSOPInstanceUID for image in images
    ]
    assert any("identifiers" in problem for problem in summary.problems)


def test_made_up_identifiers_are_valid_and_the_same_at_every_reading(shared_data, tmp_path):
    (first,) = find_series(shared_data / "dicom" / "totalseg_example_ct")
    copy = shutil.copytree(shared_data / "dicom" / "totalseg_example_ct", tmp_path / "elsewhere")
    (second,) = find_series(copy)
    assert first.uid == second.uid and first.study_uid == second.study_uid
    assert pydicom.uid.UID(first.uid).is_valid and pydicom.uid.UID(first.study_uid).is_valid


def test_example_ct_lines_up_with_its_volume(shared_data):
    aligned = np.load(shared_data / "volumes" / "totalseg_ct_dicom.npz")
    series = read_series(find_series(shared_data / "dicom" / "totalseg_example_ct")[0])
    difference = [
        np.abs(series.volume - order.astype(np.int32)).mean()
        for order in (aligned["image"], aligned["image"][::-1])
    ]
    assert min(difference) == 0
    assert np.allclose(series.geometry.spacing, aligned["spacing"], atol=1e-3)


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_any_placement_is_ordered_along_its_normal(tmp_path, placement):
    written = write_series(tmp_path / "series", placement)
    (summary,) = find_series(tmp_path)
    series = read_series(summary)
    assert np.array_equal(series.volume, written.volume)
    assert [record.sop_instance_uid for record in series.slices] == written.sop_instance_uids
    assert (series.geometry.slice_gaps > 0).all()
    assert any("tilted" in problem for problem in summary.problems) == (placement.name == "tilted")


def test_enhanced_multi_frame_images_are_ordered_by_frame_position(tmp_path):
    values = write_enhanced(tmp_path / "enhanced", PLACEMENTS[4])
    (summary,) = find_series(tmp_path)
    series = read_series(summary)
    assert np.array_equal(series.volume, values[0])
    assert sorted(record.frame for record in series.slices) == [1, 2, 3, 4, 5, 6]
    assert summary.slice_spacing == pytest.approx(3.3, abs=1e-4)


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


def test_names_of_files_and_depth_of_folders_do_not_matter(tmp_path):
    written = write_series(tmp_path / "a" / "b ü" / "c", PLACEMENTS[0])
    for path in list(written.folder.iterdir())[:3]:
        path.rename(tmp_path / "a" / f"{path.name}.weird.ext")
    assert np.array_equal(read_series(find_series(tmp_path)[0]).volume, written.volume)


def test_files_without_preamble_are_read(tmp_path):
    written = write_series(tmp_path, PLACEMENTS[0])
    for path in tmp_path.iterdir():
        image = pydicom.dcmread(path)
        bare = pydicom.Dataset(image)
        bare.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert path.read_bytes()[128:132] != b"DICM"
    assert np.array_equal(read_series(find_series(tmp_path)[0]).volume, written.volume)


def test_copies_of_a_file_are_left_out_and_told(tmp_path):
    written = write_series(tmp_path / "series", PLACEMENTS[0])
    shutil.copytree(tmp_path / "series", tmp_path / "again")
    (summary,) = find_series(tmp_path)
    assert summary.slices == len(written.volume)
    assert "9 file(s) are copies of others and were left out." in summary.problems


def test_several_series_are_listed_each(tmp_path):
    write_series(tmp_path / "one", PLACEMENTS[0], seed=1)
    write_series(tmp_path / "two", PLACEMENTS[2], seed=2)
    assert len(find_series(tmp_path)) == 2
    assert len(find_series([tmp_path / "one", tmp_path / "two"])) == 2


def test_localisers_and_other_orientations_are_split_off(tmp_path):
    written = write_series(tmp_path / "axial", Placement("axial"), seed=3)
    write_series(tmp_path / "scout", Placement("scout", orientation=SAGITTAL), slices=2, seed=3)
    write_series(
        tmp_path / "localiser",
        Placement("localiser"),
        slices=1,
        seed=3,
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
    )
    summaries = sorted(find_series(tmp_path), key=lambda summary: -summary.slices)
    assert [summary.slices for summary in summaries] == [9, 2, 1]
    main = summaries[0]
    assert main.uid == main.series_instance_uid
    assert all(summary.uid != main.uid for summary in summaries[1:])
    assert all(pydicom.uid.UID(summary.uid).is_valid for summary in summaries)
    assert {summary.series_instance_uid for summary in summaries} == {main.uid}
    assert any("3 stacks" in problem for problem in main.problems)
    assert any("localiser, made" in problem for problem in summaries[2].problems)
    assert np.array_equal(read_series(main).volume, written.volume)


def test_a_missing_slice_is_told_with_its_gap(tmp_path):
    write_series(tmp_path, PLACEMENTS[0], skip=[4])
    (summary,) = find_series(tmp_path)
    assert summary.slice_spacing == pytest.approx(2.5)
    assert summary.geometry.missing_slices == {3: 1}
    assert any(
        "5.00 mm between slices 4 and 5 (counted from 1), 2.50 mm" in problem
        for problem in summary.problems
    )


def test_objects_without_an_image_are_passed_over_with_a_reason(tmp_path, shared_data):
    write_series(tmp_path, PLACEMENTS[0])
    shutil.copy(shared_data / "dicom" / "dcmqi_seg" / "liver.dcm", tmp_path / "seg")
    report = pydicom.dcmread(tmp_path / "seg", stop_before_pixels=True)
    for keyword in ("Rows", "Columns", "NumberOfFrames"):
        delattr(report, keyword)
    report.SOPClassUID = pydicom.uid.BasicTextSRStorage
    report.save_as(tmp_path / "report", enforce_file_format=True)
    (tmp_path / "notes.txt").write_text("not an image")
    findings = look_through(tmp_path)
    assert len(findings.series) == 1 and not findings.series[0].damaged
    reasons = {skipped.path.name: skipped for skipped in findings.skipped}
    assert "is a segmentation" in reasons["seg"].reason
    assert "Basic Text SR" in reasons["report"].reason
    assert not reasons["notes.txt"].is_dicom


def test_progress_counts_files_and_slices(tmp_path):
    write_series(tmp_path, PLACEMENTS[0])
    found, read = [], []
    (summary,) = find_series(tmp_path, lambda done, total: found.append((done, total)))
    read_series(summary, lambda done, total: read.append((done, total)))
    assert found == read == [(number, 9) for number in range(1, 10)]


@pytest.mark.parametrize(
    ("changes", "dtype", "expected"),
    [
        ({"RescaleSlope": 2, "RescaleIntercept": -1024}, np.int16, lambda v: v * 2 - 1024),
        ({"RescaleSlope": 0.5, "RescaleIntercept": 0}, np.float32, lambda v: v * 0.5),
        ({"RescaleSlope": 100, "RescaleIntercept": 0}, np.float32, lambda v: v * 100.0),
    ],
)
def test_modality_units_are_whole_numbers_where_they_can_be(tmp_path, changes, dtype, expected):
    written = write_series(tmp_path, PLACEMENTS[0], **changes)
    series = read_series(find_series(tmp_path)[0])
    assert series.volume.dtype == dtype
    assert np.array_equal(series.volume, expected(written.volume.astype(np.int32)))


@pytest.mark.parametrize("bits", [9, 12, 15, 16])
@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("rescale", [(1, -1024), (1, 0), (3, 7), (-1, 40000), (0.25, -3)])
def test_pixels_read_from_their_place_equal_those_of_the_parsed_file(
    tmp_path, bits, is_signed, rescale
):
    slope, intercept = rescale
    write_series(
        tmp_path,
        PLACEMENTS[0],
        slices=2,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(is_signed),
        RescaleSlope=slope,
        RescaleIntercept=intercept,
    )
    (summary,) = find_series(tmp_path)
    for index, values in read_slices(summary):
        record = summary.records[index]
        assert record.stored is not None
        parsed = replace(record, stored=None)
        (again,) = read_frames(record.path, [parsed], summary.rows, summary.columns)
        assert np.array_equal(values, again)
        pixels = pydicom.dcmread(record.path).pixel_array
        assert np.array_equal(values, pixels.astype(np.float64) * slope + intercept)


def test_monochrome1_keeps_its_units_and_is_marked_as_inverted(tmp_path):
    written = write_series(tmp_path, PLACEMENTS[0], PhotometricInterpretation="MONOCHROME1")
    series = read_series(find_series(tmp_path)[0])
    assert series.inverted
    assert np.array_equal(series.volume, written.volume)


def test_windows_come_from_the_file(shared_data, tmp_path):
    series = read_series(find_series(shared_data / "dicom" / "totalseg_example_ct")[0])
    assert series.windows == (Window(40, 300, "WINDOW1"), Window(300, 1500, "WINDOW2"))
    write_series(tmp_path, PLACEMENTS[0], WindowCenter="40", WindowWidth="0")
    assert suggested_windows(find_series(tmp_path)[0]) == ()


def test_series_without_place_or_size_says_so(tmp_path):
    write_series(tmp_path, PLACEMENTS[0])
    for path in tmp_path.iterdir():
        image = pydicom.dcmread(path)
        del image.ImagePositionPatient, image.PixelSpacing
        image.save_as(path)
    (summary,) = find_series(tmp_path)
    assert not summary.geometry.in_patient
    assert sum("do not say" in problem for problem in summary.problems) == 2
    numbers = [record.instance_number for record in summary.records]
    assert numbers == sorted(numbers)


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


def test_a_file_cut_in_its_pixels_is_named_and_refused_until_left_out(tmp_path):
    written = write_series(tmp_path / "scan", PLACEMENTS[0])
    victim = sorted(written.folder.iterdir())[3]
    cut(victim, victim.stat().st_size - 10)
    (summary,) = find_series(tmp_path)
    assert summary.slices == 8
    with pytest.raises(DicomError, match=rf"^scan/{victim.name} is cut short: .*\.$"):
        read_series(summary)
    assert read_series(summary, leave_out_damaged=True).volume.shape[0] == 8


@pytest.mark.parametrize("keep", [200, 700, 1000, 1300])
def test_a_file_cut_anywhere_is_told_in_one_sentence(tmp_path, keep):
    written = write_series(tmp_path / "scan", PLACEMENTS[0], slices=1)
    (path,) = written.folder.iterdir()
    cut(path, keep)
    with pytest.raises(DicomError, match=rf"^scan/{path.name} .*\.$") as error:
        read_series(find_series(path)[0])
    assert "Synthetic" not in str(error.value).replace("scan/", "")


def test_compressed_pixels_cut_in_the_middle_are_told(shared_data, tmp_path):
    source = next((shared_data / "dicom" / "totalseg_example_ct").iterdir())
    path = tmp_path / "cut.dcm"
    path.write_bytes(source.read_bytes()[:60_000])
    with pytest.raises(DicomError, match=r"cut\.dcm"):
        read_series(find_series(path)[0])


def test_an_image_that_claims_to_be_huge_takes_no_memory(tmp_path):
    written = write_series(tmp_path, PLACEMENTS[0], slices=1, Rows=65535, Columns=65535)
    with pytest.raises(DicomError, match="not credible"):
        find_series(next(written.folder.iterdir()))


def test_more_frames_than_pixel_data_are_refused(tmp_path):
    write_series(tmp_path, PLACEMENTS[0], slices=1, NumberOfFrames=2_000_000_000)
    with pytest.raises(DicomError, match="holds less"):
        find_series(tmp_path)


def test_a_file_that_changes_after_it_was_found_is_refused(tmp_path):
    write_series(tmp_path, PLACEMENTS[0], slices=1)
    (summary,) = find_series(tmp_path)
    write_series(tmp_path, PLACEMENTS[0], slices=1, rows=12)
    with pytest.raises(DicomError, match="changed since"):
        read_series(summary)


def test_missing_folders_and_folders_without_images_are_told(tmp_path):
    with pytest.raises(DicomError, match="There is no file or folder"):
        find_series(tmp_path / "nowhere")
    with pytest.raises(DicomError, match="No DICOM images among 0 files"):
        find_series(tmp_path)
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    with pytest.raises(DicomError, match="No DICOM images among 2 files"):
        find_series(tmp_path)
    with pytest.raises(DicomError, match=r"a\.txt is not a DICOM file"):
        find_series(tmp_path / "a.txt")


CHARACTER_SETS = [
    ("ISO_IR 192", "Δοκιμή^Ασθενής", "Größe 肝臓"),
    ("ISO_IR 100", "Müller^Zoë", "Übersicht"),
    ("ISO_IR 101", "Wałęsa^Łukasz", "Wątroba"),
    ("ISO_IR 144", "Люкceмбypг^Иван", "Печень"),
    ("ISO_IR 126", "Διονυσιος^Πέτρος", "Ήπαρ"),
    ("ISO_IR 127", "قباني^لنزار", "كبد"),
    ("ISO_IR 138", "שרון^דבורה", "כבד"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "ｶﾝｿﾞｳ"),
    (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎", "肝臓 CT"),
    (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "간"),
    ("GB18030", "Wang^XiaoDong=王^小东", "肝脏"),
    ("GBK", "Wang^XiaoDong=王^小东", "肝脏"),
]


@pytest.mark.parametrize(("encoding", "name", "description"), CHARACTER_SETS, ids=str)
def test_patient_text_of_any_character_set_is_decoded(tmp_path, encoding, name, description):
    write_images(
        tmp_path,
        [
            {
                "SpecificCharacterSet": encoding,
                "PatientName": name,
                "SeriesDescription": description,
            }
        ],
    )
    (summary,) = find_series(tmp_path)
    assert summary.patient_name == name
    assert summary.series_description == description


def test_a_character_set_that_does_not_exist_still_lets_the_series_open(tmp_path):
    write_images(tmp_path, [{"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Muster^Eva"}])
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    assert b"ISO_IR 192" in content
    path.write_bytes(content.replace(b"ISO_IR 192", b"ISO_IR 999"))
    (summary,) = find_series(tmp_path)
    assert summary.patient_name == "Muster^Eva"
    assert read_series(summary).volume.shape[0] == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"BurnedInAnnotation": "YES"}, "marked as showing text"),
        ({"BurnedInAnnotation": "YES", "Modality": "US"}, "marked as showing text"),
        ({"Modality": "US"}, "do not say that they show none"),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "do not say that they show none"),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, None),
        ({}, None),
    ],
)
def test_text_in_the_pixels_is_warned_of(tmp_path, changes, words):
    write_images(tmp_path, [changes])
    (summary,) = find_series(tmp_path)
    warnings = [
        problem
        for problem in summary.problems
        if "name the patient" in problem or "names the patient" in problem
    ]
    assert len(warnings) == (words is not None)
    assert all(words in warning for warning in warnings)


def test_a_broken_file_of_another_series_does_not_stop_this_one(tmp_path):
    write_series(tmp_path / "sound", PLACEMENTS[0], seed=1)
    write_series(tmp_path / "broken", PLACEMENTS[0], slices=1, seed=2)
    (path,) = (tmp_path / "broken").iterdir()
    cut(path, path.stat().st_size - 10)
    findings = look_through(tmp_path)
    (summary,) = findings.series
    assert read_series(summary).volume.shape[0] == 9
    assert [skipped.path for skipped in findings.skipped] == [path]


@pytest.mark.parametrize("keep", [200, 400])
def test_a_broken_file_that_names_no_series_may_belong_to_any(tmp_path, keep):
    written = write_series(tmp_path / "scan", PLACEMENTS[0])
    cut(sorted(written.folder.iterdir())[5], keep)
    (summary,) = find_series(tmp_path)
    assert summary.slices == 8
    with pytest.raises(DicomError, match="fetch it again"):
        read_series(summary)
