"""Attributes that may tell volumes of one series apart, and how they are read."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import Tag

from core.dicom.files import first_item, items_of, value_of


class _PrivateElement(NamedTuple):
    """An element that a maker's private creator reserves; only the first value counts."""

    name: str
    creator: str
    group: int
    element: int


_PRIVATE = (
    _PrivateElement("PrivateRun", "GEMS_ACQU_01", 0x0019, 0xA2),
    _PrivateElement("PrivatePhase", "GEMS_ACQU_01", 0x0019, 0xD7),
    _PrivateElement("PrivateComponent", "GEMS_PARM_01", 0x0043, 0x2F),
    _PrivateElement("PrivateBValue", "GEMS_PARM_01", 0x0043, 0x39),
    _PrivateElement("PrivateBValue", "SIEMENS MR HEADER", 0x0019, 0x0C),
    _PrivateElement("PrivateCoil", "SIEMENS MR HEADER", 0x0051, 0x0F),
    _PrivateElement("PrivateShift", "Philips Imaging DD 001", 0x2001, 0x02),
    _PrivateElement("PrivateBValue", "Philips Imaging DD 001", 0x2001, 0x03),
    _PrivateElement("PrivatePhase", "Philips Imaging DD 001", 0x2001, 0x08),
    _PrivateElement("PrivateReconstruction", "Philips Imaging DD 001", 0x2001, 0x1D),
    _PrivateElement("PrivateAcquisition", "Philips Imaging DD 001", 0x2001, 0x7B),
    _PrivateElement("PrivateComponent", "Philips MR Imaging DD 001", 0x2005, 0x11),
    _PrivateElement("PrivateDirection", "Philips MR Imaging DD 005", 0x2005, 0x13),
)

# Makers take the first blocks of a group; creators further on are not looked for.
_BLOCKS = range(0x10, 0x14)
_GROUPS = sorted({element.group for element in _PRIVATE})

VOLUME_KEYS = {
    "TemporalPositionIdentifier": "time point",
    "TemporalPositionTimeOffset": "time offset",
    "DiffusionBValue": "b-value",
    "PrivateBValue": "b-value",
    "NominalPercentageOfCardiacPhase": "cardiac phase",
    "NominalPercentageOfRespiratoryPhase": "respiratory phase",
    "PrivatePhase": "phase",
    "FrameReferenceTime": "frame time",
    "EchoNumbers": "echo",
    "EchoTime": "echo time",
    "TriggerTime": "trigger time",
    "InversionTime": "inversion time",
    "FlipAngle": "flip angle",
    "RepetitionTime": "repetition time",
    "DiffusionGradientOrientation": "direction",
    "PrivateDirection": "direction",
    "DiffusionDirectionality": "directionality",
    "SequenceName": "sequence",
    "ComplexImageComponent": "component",
    "PrivateComponent": "component",
    "AcquisitionContrast": "contrast",
    "ASLContext": "label",
    "PrivateShift": "chemical shift",
    "ReceiveCoilName": "coil",
    "PrivateCoil": "coil",
    "ScanOptions": "scan options",
    "ConvolutionKernel": "kernel",
    "KVP": "kVp",
    "ContrastBolusAgent": "contrast agent",
    "CorrectedImage": "corrections",
    "AcquisitionNumber": "acquisition",
    "PrivateAcquisition": "acquisition",
    "PrivateRun": "run",
    "AcquisitionTime": "acquisition time",
    "ContentTime": "content time",
    "TimeSlotVector": "time slot",
    "RRIntervalVector": "R-R interval",
    "EnergyWindowVector": "energy window",
    "ImageType": "image type",
    "SliceThickness": "slice thickness",
    "SeriesDescription": "description",
    "PrivateReconstruction": "reconstruction",
    "StackID": "stack",
    "DimensionIndexValues": "dimension",
}
"""What may distinguish images at one position, with words for it, the most specific first."""

RUN_KEYS = frozenset(
    (
        "FrameReferenceTime",
        "TriggerTime",
        "AcquisitionNumber",
        "PrivateAcquisition",
        "PrivateRun",
        "AcquisitionTime",
        "ContentTime",
        "PrivateReconstruction",
        "StackID",
        "DimensionIndexValues",
    )
)
"""Those that may differ between the slices of one volume as well: times and numbers of runs."""

VOLUME_TAGS = (
    "ASLContext",
    "AcquisitionContrast",
    "AcquisitionNumber",
    "AcquisitionTime",
    "ComplexImageComponent",
    "ContentTime",
    "ContrastBolusAgent",
    "ConvolutionKernel",
    "CorrectedImage",
    "DiffusionBValue",
    "DiffusionDirectionality",
    "DiffusionGradientOrientation",
    "DimensionIndexSequence",
    "EchoNumbers",
    "EchoTime",
    "FlipAngle",
    "FrameReferenceTime",
    "ImageType",
    "InversionTime",
    "KVP",
    "NominalPercentageOfCardiacPhase",
    "NominalPercentageOfRespiratoryPhase",
    "ReceiveCoilName",
    "RepetitionTime",
    "ScanOptions",
    "SequenceName",
    "SeriesDescription",
    "SliceThickness",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TriggerTime",
    *(f"{group:04X}{block:04X}" for group in _GROUPS for block in _BLOCKS),
    *(f"{p.group:04X}{block:02X}{p.element:02X}" for p in _PRIVATE for block in _BLOCKS),
)
"""Attributes that `volume_keys` reads, to be read of every image."""

_STATED = tuple(name for name in VOLUME_KEYS if name in VOLUME_TAGS)

# Name, functional group, and attribute in it (PS3.3 C.7.6.16.2, C.8.13.5, C.8.15.3).
_FRAME_ATTRIBUTES = (
    ("TemporalPositionIdentifier", "FrameContentSequence", "TemporalPositionIndex"),
    ("TemporalPositionTimeOffset", "TemporalPositionSequence", "TemporalPositionTimeOffset"),
    ("DiffusionBValue", "MRDiffusionSequence", "DiffusionBValue"),
    ("DiffusionDirectionality", "MRDiffusionSequence", "DiffusionDirectionality"),
    ("EchoTime", "MREchoSequence", "EffectiveEchoTime"),
    ("InversionTime", "MRModifierSequence", "InversionTimes"),
    ("FlipAngle", "MRTimingAndRelatedParametersSequence", "FlipAngle"),
    ("RepetitionTime", "MRTimingAndRelatedParametersSequence", "RepetitionTime"),
    ("TriggerTime", "CardiacSynchronizationSequence", "ActualCardiacTriggerDelayTime"),
    ("TriggerTime", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    (
        "NominalPercentageOfCardiacPhase",
        "CardiacSynchronizationSequence",
        "NominalPercentageOfCardiacPhase",
    ),
    (
        "NominalPercentageOfRespiratoryPhase",
        "RespiratorySynchronizationSequence",
        "NominalPercentageOfRespiratoryPhase",
    ),
    ("ComplexImageComponent", "MRImageFrameTypeSequence", "ComplexImageComponent"),
    ("AcquisitionContrast", "MRImageFrameTypeSequence", "AcquisitionContrast"),
    ("ASLContext", "MRArterialSpinLabelingSequence", "ASLContext"),
    ("ReceiveCoilName", "MRReceiveCoilSequence", "ReceiveCoilName"),
    ("KVP", "CTXRayDetailsSequence", "KVP"),
    ("ScanOptions", "CTAcquisitionTypeSequence", "AcquisitionType"),
    ("ConvolutionKernel", "CTReconstructionSequence", "ConvolutionKernel"),
    ("SliceThickness", "PixelMeasuresSequence", "SliceThickness"),
    ("AcquisitionNumber", "FrameContentSequence", "FrameAcquisitionNumber"),
    ("AcquisitionTime", "FrameContentSequence", "FrameAcquisitionDateTime"),
    ("FrameReferenceTime", "FrameContentSequence", "FrameReferenceDateTime"),
    ("StackID", "FrameContentSequence", "StackID"),
    ("ImageType", "MRImageFrameTypeSequence", "FrameType"),
    ("ImageType", "CTImageFrameTypeSequence", "FrameType"),
    ("ImageType", "PETFrameTypeSequence", "FrameType"),
    ("ImageType", "XRay3DFrameTypeSequence", "FrameType"),
)

_GROUP_ATTRIBUTES = {
    group: tuple((name, keyword) for name, one, keyword in _FRAME_ATTRIBUTES if one == group)
    for _, group, _ in _FRAME_ATTRIBUTES
}

# Dimensions that say where a frame lies, not to which volume it belongs.
_PLACES = tuple(
    Tag(keyword)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "InStackPositionNumber",
        "StackID",
    )
)


def volume_keys(dataset: Dataset) -> dict[str, str]:
    """Read what an image states of the attributes in `VOLUME_KEYS`."""
    stated = {name: text for name in _STATED if (text := _text(dataset, name))}
    index = _text(dataset, "TemporalPositionIndex")
    if index:
        stated.setdefault("TemporalPositionIdentifier", index)
    return stated | dict(_private_keys(dataset))


def frame_volume_keys(groups: Dataset, dimensions: Sequence[int] = ()) -> dict[str, str]:
    """Read what functional groups, those of a frame or the shared ones, state of `VOLUME_KEYS`.

    Parameters
    ----------
    groups : pydicom.dataset.Dataset
        Item of the Per-Frame or Shared Functional Groups Sequence.
    dimensions : sequence of int
        As `telling_dimensions` returns them.
    """
    stated: dict[str, str] = {}
    for sequence, attributes in _GROUP_ATTRIBUTES.items():
        for item in items_of(groups, sequence)[:1]:
            texts = ((name, _text(item, keyword)) for name, keyword in attributes)
            stated.update((name, text) for name, text in texts if text)
            for gradient in items_of(item, "DiffusionGradientDirectionSequence")[:1]:
                if direction := _text(gradient, "DiffusionGradientOrientation"):
                    stated["DiffusionGradientOrientation"] = direction
    indices = _text(first_item(groups, "FrameContentSequence"), "DimensionIndexValues").split("\\")
    if dimensions and max(dimensions) < len(indices):
        stated["DimensionIndexValues"] = "\\".join(indices[number] for number in dimensions)
    return stated


def telling_dimensions(dataset: Dataset) -> list[int]:
    """Return which of the Dimension Index Values do not say where a frame lies (C.7.6.17)."""
    return [
        number
        for number, dimension in enumerate(items_of(dataset, "DimensionIndexSequence"))
        if value_of(dimension, "DimensionIndexPointer") not in _PLACES
    ]


def _private_keys(dataset: Dataset) -> Iterator[tuple[str, str]]:
    creators = {
        (group, text): block
        for group in _GROUPS
        for block in _BLOCKS
        if (text := _text(dataset, f"{group:04X}{block:04X}"))
    }
    for name, creator, group, element in _PRIVATE if creators else ():
        block = creators.get((group, creator))
        text = "" if block is None else _text(dataset, f"{group:04X}{block:02X}{element:02X}")
        if text:
            yield name, text.partition("\\")[0]


def _text(dataset: Dataset, keyword: str) -> str:
    """Return an attribute as text, its values separated as in the file."""
    value = value_of(dataset, keyword)
    if value is None:
        return ""
    values = value if isinstance(value, MultiValue | list) else [value]
    return "\\".join(str(one).strip().strip("\0") for one in values)
