"""Attributes that may tell volumes of one series apart, and how they are read."""

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from core.dicom.files import items_of, value_of
from core.dicom.private_elements import PrivateElement, private_tags, private_texts
from core.dicom.several_values import first_item, values_text

_PRIVATE = (
    PrivateElement("PrivateRun", "GEMS_ACQU_01", 0x0019, 0xA2),
    PrivateElement("PrivatePhase", "GEMS_ACQU_01", 0x0019, 0xD7),
    PrivateElement("PrivateComponent", "GEMS_PARM_01", 0x0043, 0x2F),
    PrivateElement("PrivateBValue", "GEMS_PARM_01", 0x0043, 0x39),
    PrivateElement("PrivateBValue", "SIEMENS MR HEADER", 0x0019, 0x0C),
    PrivateElement("PrivateCoil", "SIEMENS MR HEADER", 0x0051, 0x0F),
    PrivateElement("PrivateShift", "Philips Imaging DD 001", 0x2001, 0x02),
    PrivateElement("PrivateBValue", "Philips Imaging DD 001", 0x2001, 0x03),
    PrivateElement("PrivatePhase", "Philips Imaging DD 001", 0x2001, 0x08),
    PrivateElement("PrivateReconstruction", "Philips Imaging DD 001", 0x2001, 0x1D),
    PrivateElement("PrivateAcquisition", "Philips Imaging DD 001", 0x2001, 0x7B),
    PrivateElement("PrivateComponent", "Philips MR Imaging DD 001", 0x2005, 0x11),
    PrivateElement("PrivateDirection", "Philips MR Imaging DD 005", 0x2005, 0x13),
)

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
        "RepetitionTime",
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
"""Those that may differ between the slices of one volume as well: times and numbers of runs.

Where the heart triggers, the repetition time is that between its beats.
"""

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
    *private_tags(_PRIVATE),
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
    stated = {name: text for name in _STATED if (text := values_text(dataset, name))}
    index = values_text(dataset, "TemporalPositionIndex")
    if index:
        stated.setdefault("TemporalPositionIdentifier", index)
    return stated | dict(private_texts(dataset, _PRIVATE))


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
            texts = ((name, values_text(item, keyword)) for name, keyword in attributes)
            stated.update((name, text) for name, text in texts if text)
            for gradient in items_of(item, "DiffusionGradientDirectionSequence")[:1]:
                if direction := values_text(gradient, "DiffusionGradientOrientation"):
                    stated["DiffusionGradientOrientation"] = direction
    indices = values_text(first_item(groups, "FrameContentSequence"), "DimensionIndexValues").split(
        "\\"
    )
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
