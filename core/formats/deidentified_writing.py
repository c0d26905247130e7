"""De-identified copies of images, with the segmentation drawn on them.

What happens to each attribute is the Basic Application Level Confidentiality Profile of PS3.15
table E.1-1, of which dicom-anonymizer keeps a machine-readable edition. Its own walk through a data
set leaves the items of sequences alone, so the walk is ours.
"""

import hashlib
import hmac
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.datadict import dictionary_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sr.codedict import codes
from pydicom.tag import BaseTag
from pydicom.uid import UID

from core.dicom.errors import DicomError
from core.dicom.files import open_file, text_of
from core.dicom.reading import find_series
from core.dicom.series import Series, SeriesSummary
from core.formats.product import PRODUCT, software_version
from core.formats.segmentation_writing import Compression, Kind, write_segmentation
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks

Dates = Literal["remove", "shift"]

EDITION = "dicomfields_2024b"
"""Edition of the standard whose table is applied."""

OPTIONS: dict[Dates, tuple[str, ...]] = {
    "remove": ("113100",),
    "shift": ("113100", "113107"),
}
"""Codes of CID 7050 that are written: the profile, and its option of modified dates."""

_CODES = {
    "113100": codes.DCM.BasicApplicationConfidentialityProfile,
    "113107": codes.DCM.RetainLongitudinalTemporalInformationModifiedDatesOption,
}

_REMOVED_DATE, _REMOVED_TIME = "19000101", "000000"
_SHORTEST_SHIFT_DAYS, _SHIFT_RANGE_DAYS = 365, 3650

_REMOVE, _EMPTY, _REPLACE, _RENAME, _KEEP = "X", "Z", "D", "U", "K"

# Attributes that say how a file was transferred and stored, and by whom.
_KEPT_META = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")

_SHORTEST_NAME = 3
_TEMPORAL = ("DA", "DT", "TM")
_PATIENT_GROUP = 0x0010


def _actions() -> tuple[dict[tuple[int, int], str], list[tuple[tuple[int, ...], str]]]:
    """Return what to do with each attribute, and with those of repeating groups.

    Where the table leaves a choice by the type of the attribute, the strictest that keeps every
    object valid is taken: replaced before emptied before removed.
    """
    table = dicom_anonymization_database_selector(EDITION)
    by_category = {
        "X_TAGS": _REMOVE,
        "Z_TAGS": _EMPTY,
        "X_Z_TAGS": _EMPTY,
        "D_TAGS": _REPLACE,
        "Z_D_TAGS": _REPLACE,
        "X_D_TAGS": _REPLACE,
        "X_Z_D_TAGS": _REPLACE,
        "U_TAGS": _RENAME,
        # References to images stay, with the UIDs inside them replaced.
        "X_Z_U_STAR_TAGS": _KEEP,
    }
    single: dict[tuple[int, int], str] = {}
    repeating = []
    for category, action in by_category.items():
        for tag in table[category]:
            if len(tag) == 2:
                single[tag] = action
            else:
                repeating.append((tag, action))
    return single, repeating


_SINGLE, _REPEATING = _actions()


@dataclass(frozen=True)
class Pseudonyms:
    """Replacements for what identifies a patient, always the same for the same secret.

    Parameters
    ----------
    secret : bytes
        Without it nobody can find the original that a replacement stands for.
    dates : {"remove", "shift"}
        Whether dates go, or all those of a patient move by the same number of days.
    patient : str
        Patient the names are for: dates move by a distance of its own.
    """

    secret: bytes = field(repr=False)
    dates: Dates = "remove"
    patient: str = field(default="", repr=False)

    def uid(self, original: str) -> str:
        """Return the UID that stands for another (PS3.5 B.2)."""
        return f"2.25.{int.from_bytes(self._digest('uid', original)[:15], 'big') or 1}"

    @property
    def patient_id(self) -> str:
        """Identifier that stands for the patient."""
        return f"SW-{self._digest('patient', self.patient).hex()[:10].upper()}"

    @property
    def days(self) -> int:
        """Number of days by which dates move into the past."""
        number = int.from_bytes(self._digest("days", self.patient)[:4], "big")
        return _SHORTEST_SHIFT_DAYS + number % _SHIFT_RANGE_DAYS

    def _digest(self, what: str, value: str) -> bytes:
        return hmac.digest(self.secret, f"{what}\0{value}".encode(), hashlib.sha256)


def deidentify(dataset: FileDataset, names: Pseudonyms) -> None:
    """De-identify an instance in place, pixels excepted.

    Private and unknown attributes go, as do those that table E.1-1 removes; UIDs of instances,
    series, studies and frames of reference are replaced; the method is recorded (PS3.3 C.12.1.1.9
    and C.7.1.1). Text in the picture itself, and faces that could be reconstructed, remain.

    Parameters
    ----------
    dataset : pydicom.dataset.FileDataset
        The instance.
    names : Pseudonyms
        New names.
    """
    meta = dataset.file_meta
    uid = text_of(dataset, "SOPInstanceUID") or text_of(meta, "MediaStorageSOPInstanceUID")
    dataset.SOPInstanceUID = uid
    _clean(dataset, names)
    dataset.PatientID = names.patient_id
    _record(dataset, names)
    dataset.file_meta = FileMetaDataset()
    for keyword in _KEPT_META:
        if keyword in meta:
            setattr(dataset.file_meta, keyword, meta[keyword].value)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    dataset.preamble = bytes(128)


def write_deidentified(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    *,
    secret: bytes,
    dates: Dates = "remove",
    kind: Kind = "BINARY",
    compression: Compression = "none",
    weights: str | None = None,
) -> None:
    """Write a zip of the images and the segmentation, both de-identified in the same way.

    `images/0001.dcm` … hold the images, `segmentation.dcm` refers to them. Nobody is named as its
    creator. The same secret gives the same UIDs again, so later exports fit earlier ones.

    Parameters
    ----------
    series : Series or SeriesSummary
        What was annotated; its files must still be there.
    segments : sequence of SegmentMasks
        As for `write_segmentation`, like `kind`, `compression` and `weights`.
    path : pathlib.Path
        Where to write the zip; replaced if it exists.
    secret : bytes
        Key of the pseudonyms.
    dates : {"remove", "shift"}
        See `Pseudonyms`.

    Raises
    ------
    DicomError
        When a segment's name holds the patient's, or something cannot be read or written.
    """
    summary = series.summary if isinstance(series, Series) else series
    _check_labels(summary, segments)
    patient = summary.patient_id or summary.patient_name
    names = Pseudonyms(secret, dates, patient)
    if not path.parent.is_dir():
        raise DicomError(f"{path.parent} is not a folder; create it or choose another.")
    work = Path(tempfile.mkdtemp(prefix=".deidentified-", dir=path.parent))
    try:
        _write_images(summary, work / "images", names)
        write_segmentation(
            _renamed(summary, work / "images", names),
            [_without_names(masks, names) for masks in segments],
            work / "segmentation.dcm",
            kind=kind,
            compression=compression,
            weights=weights,
        )
        segmentation = open_file(work / "segmentation.dcm")
        _record(segmentation, names)
        segmentation.save_as(work / "segmentation.dcm", enforce_file_format=True)
        with (
            written_whole(path) as unfinished,
            zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for file in sorted(work.rglob("*.dcm")):
                archive.write(file, str(file.relative_to(work)))
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        if isinstance(error, DicomError):
            raise
        raise DicomError("The images cannot be de-identified: one of them is damaged.") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_images(summary: SeriesSummary, folder: Path, names: Pseudonyms) -> None:
    """Write the de-identified copies of all images of a series, which then have their own UIDs."""
    folder.mkdir()
    uids = {record.path: record.sop_instance_uid for record in summary.records}
    for number, file in enumerate(summary.files, start=1):
        dataset = open_file(file)
        dataset.SOPInstanceUID = uids[file]
        deidentify(dataset, names)
        dataset.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)


def burned_in_warning(summary: SeriesSummary) -> str | None:
    """Say whether the pictures may show the patient's name, in one sentence; None if not."""
    if summary.burned_in_text == "yes":
        return (
            "These pictures are marked as having text burned in, which may name the patient; look "
            "at every slice before passing them on."
        )
    if summary.burned_in_text == "unknown":
        return (
            "Nothing says that these pictures are free of burned-in text, which may name the "
            "patient; look at every slice before passing them on."
        )
    return None


def _record(dataset: Dataset, names: Pseudonyms) -> None:
    """Say in an instance how it was de-identified (PS3.3 C.12.1.1.9, PS3.15 E.1.1)."""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"{PRODUCT} {software_version()}, PS3.15 E.1-1 2024b"[:64]
    dataset.DeidentificationMethodCodeSequence = [_option(code) for code in OPTIONS[names.dates]]
    dataset.LongitudinalTemporalInformationModified = (
        "MODIFIED" if names.dates == "shift" else "REMOVED"
    )


def _option(code: str) -> Dataset:
    """Return the item that stands for the profile or one of its options."""
    found = _CODES[code]
    item = Dataset()
    item.CodeValue = found.value
    item.CodingSchemeDesignator = found.scheme_designator
    item.CodeMeaning = found.meaning
    return item


def _clean(dataset: Dataset, names: Pseudonyms) -> None:
    for element in list(dataset):
        tag = element.tag
        if tag.is_private or tag.element == 0 or not dictionary_has_tag(tag):
            del dataset[tag]
            continue
        action = _action(tag)
        # The option of modified dates does not extend to those of the patient, such as birth.
        if names.dates == "shift" and element.VR in _TEMPORAL and tag.group != _PATIENT_GROUP:
            if element.VR != "TM":  # dates move by whole days, so times of day stay
                element.value = _each(element, lambda text: _shifted(text, names.days))
        elif action == _REMOVE:
            del dataset[tag]
        elif action == _EMPTY:
            element.value = [] if element.VR == "SQ" else None
        elif action == _REPLACE:
            element.value = _dummy(element)
        elif action == _RENAME:
            element.value = _each(element, names.uid)
        elif element.VR == "SQ":
            for item in element.value:
                _clean(item, names)


def _action(tag: BaseTag) -> str:
    found = _SINGLE.get((tag.group, tag.element))
    if found is not None:
        return found
    for (group, element, group_mask, element_mask), action in _REPEATING:
        if tag.group & group_mask == group and tag.element & element_mask == element & element_mask:
            return action
    return _KEEP


def _each(element: DataElement, change: Callable[[str], str]) -> object:
    """Apply a function to every value of an element that is not empty."""
    if isinstance(element.value, MultiValue):
        return [change(str(value)) if value else value for value in element.value]
    return change(str(element.value)) if element.value else element.value


def _shifted(text: str, days: int) -> str:
    """Move a DA or DT into the past; what is no whole date goes."""
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) - timedelta(days=days)
    except (ValueError, OverflowError):
        return ""
    return f"{day:%Y%m%d}{text[8:]}"


def _dummy(element: DataElement) -> object:
    """Return a value that is valid and says nothing."""
    values: dict[str, object] = {
        "SQ": [],
        "DA": _REMOVED_DATE,
        "DT": _REMOVED_DATE,
        "TM": _REMOVED_TIME,
        "AS": "000Y",
        "UI": "2.25.1",
        "UR": "about:blank",
        "OB": b"\0\0",
        "UN": b"\0\0",
    }
    if element.VR in ("DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"):
        return 0
    return values.get(element.VR, "REMOVED")


def _renamed(summary: SeriesSummary, images: Path, names: Pseudonyms) -> SeriesSummary:
    """Find the series among its de-identified copies."""
    wanted = [(names.uid(record.sop_instance_uid), record.frame) for record in summary.records]
    for found in find_series(images):
        if [(record.sop_instance_uid, record.frame) for record in found.records] == wanted:
            return found
    raise DicomError(
        "The images cannot be de-identified: their slices differ only in attributes that the "
        "profile removes."
    )


def _without_names(masks: SegmentMasks, names: Pseudonyms) -> SegmentMasks:
    """Leave out what was said of a segment in free text, and what tracks it over examinations.

    Series that taught its proposals are named as their own de-identified copies are.
    """
    details = replace(masks.segment.details, description="", tracking_id="", tracking_uid="")
    teachers = tuple(names.uid(uid) for uid in masks.teachers)
    return replace(masks, segment=replace(masks.segment, details=details), teachers=teachers)


def _check_labels(summary: SeriesSummary, segments: Sequence[SegmentMasks]) -> None:
    parts = summary.patient_name.replace("=", "^").replace(" ", "^").split("^")
    secrets = [part.lower() for part in (*parts, summary.patient_id) if len(part) >= _SHORTEST_NAME]
    for masks in segments:
        if any(secret in masks.segment.label.lower() for secret in secrets):
            raise DicomError(
                f"The name of segment {masks.segment.number} holds the patient's name or "
                "identifier; rename it first."
            )
