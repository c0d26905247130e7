"""The people behind masks in DICOM objects.

A segmentation has room for one person: Content Creator's Name (PS3.3 table 10-12). Nothing in its
IOD names a reviewer, for Verifying Observer belongs to reports (C.17.2) and the approval module
to radiotherapy (C.8.8.16). What remains, and is allowed in every object, is Contributing Equipment
(C.12.1): an item for each contribution, with its operators, its time and what it was.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from highdicom import ContributingEquipment
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from core.annotation.contributors import Contributors
from core.formats.product import PRODUCT, software_version


def person_name(name: str) -> str:
    """Turn "Given Family" into DICOM's order, family name first (PS3.5 6.2.1); "" for nobody."""
    plain = " ".join("".join(" " if mark in "\\=^" else mark for mark in name).split())[:64]
    if not plain:
        return ""
    given, _, family = plain.rpartition(" ")
    return f"{family}^{given}"


def contributions(people: Contributors) -> list[ContributingEquipment]:
    """Items of Contributing Equipment Sequence: who drew, adjudicated and reviewed.

    Parameters
    ----------
    people : Contributors
        Without anybody, there is no item.
    """
    items = []
    if people.drew:
        items.append(_contribution("Drew or confirmed the outlines", people.drew, None))
    if people.adjudicated:
        text = "Adjudicated two independent readings"
        items.append(_contribution(text, [people.adjudicated], people.finished))
    if people.reviewed:
        items.append(_contribution("Reviewed the outlines", [people.reviewed], people.finished))
    return items


def add_approval(dataset: Dataset, people: Contributors) -> None:
    """Say in a structure set whether somebody found it to be right (PS3.3 C.8.8.16).

    Parameters
    ----------
    dataset : pydicom.Dataset
        Changed in place.
    people : Contributors
        APPROVED where the annotation is finished.
    """
    reviewer, finished = person_name(people.approved_by), people.finished
    if not reviewer or finished is None:
        dataset.ApprovalStatus = "UNAPPROVED"
        return
    local = finished.astimezone()
    dataset.ApprovalStatus = "APPROVED"
    dataset.ReviewDate = f"{local:%Y%m%d}"
    dataset.ReviewTime = f"{local:%H%M%S}"
    dataset.ReviewerName = reviewer


def _contribution(
    description: str, people: Sequence[str], time: datetime | None
) -> ContributingEquipment:
    item = ContributingEquipment(
        manufacturer=PRODUCT,
        purpose_of_reference=codes.DCM.ProcessingEquipment,
        manufacturer_model_name=PRODUCT,
        software_versions=software_version(),
        contribution_datetime=f"{time.astimezone(UTC):%Y%m%d%H%M%S}+0000" if time else None,
        contribution_description=description,
    )
    item.OperatorsName = [name for one in people if (name := person_name(one))]
    return item
