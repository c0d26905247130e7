"""Finding pairs of NIfTI images and labels by the names of their files.

Names are told by patterns relative to the source folder and without ".nii" or ".nii.gz", in which
``{patient}``, ``{scan}`` and ``{label}`` stand for parts of one name each and ``*`` for anything
between slashes. Image and labels belong together where patient and scan are the same.
"""

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from core.training.registry.scans import FoundScan, LabelledScan, Structure

ENDINGS: Final = (".nii.gz", ".nii")


@dataclass(frozen=True)
class Convention:
    """Patterns of the names of images and of the labels that belong to them."""

    images: str
    labels: str


CONVENTIONS: Final = (
    Convention("imagesTr/{patient}_0000", "labelsTr/{patient}"),
    Convention("imagesTr/{patient}", "labelsTr/{patient}"),
    Convention("{patient}/ct", "{patient}/segmentations/{label}"),
    Convention("{patient}/mri", "{patient}/segmentations/{label}"),
    Convention("images/{patient}", "labels/{patient}"),
    Convention("{patient}", "{patient}_seg"),
    Convention("{patient}", "{patient}_label_{label}"),
    Convention("{patient}/{scan}", "{patient}/{scan}_seg"),
    Convention("{patient}/{scan}", "{patient}/{scan}_label_{label}"),
)
"""Tried in this order; the first by which anything is found counts."""

_CT_LOWEST_HU: Final = -500
_MOST_LABELS: Final = 1000
_FIELDS: Final = {"patient": "[^/]+?", "scan": "[^/]+?", "label": "[^/]+?"}


def nifti_files(folder: Path) -> list[Path]:
    """List the NIfTI files below a folder, by name."""
    return sorted(
        path for path in folder.rglob("*.nii*") if path.name.endswith(ENDINGS) and path.is_file()
    )


def find_pairs(
    folder: Path,
    data_set: str,
    *,
    convention: Convention | None = None,
    label_names: Mapping[int, str] | None = None,
    modality: str | None = None,
) -> list[FoundScan]:
    """Find the labelled images of a folder.

    Parameters
    ----------
    folder : Path
        Where to look, through all levels.
    data_set : str
        Name of the data set.
    convention : Convention, optional
        How files are called; by default the first of `CONVENTIONS` that fits.
    label_names : mapping of int to str, optional
        Names of the values of label maps; by default those of a `dataset.json` in the folder, as
        the Medical Segmentation Decathlon and nnU-Net have it, else the values themselves.
    modality : str, optional
        By default as `dataset.json` has it, else CT where the lowest value is −500 or less, and
        MR elsewhere.

    Returns
    -------
    list of FoundScan
        In the order of their names.

    Raises
    ------
    ValueError
        If nothing is found, or a pattern or `dataset.json` is unusable.
    """
    names = {_stem(path.relative_to(folder)): path for path in nifti_files(folder)}
    for candidate in (convention,) if convention else CONVENTIONS:
        pairs = _pairs(names, candidate)
        if pairs:
            break
    else:
        tried = f"“{convention.images}”" if convention else "any known convention"
        raise ValueError(
            f"{folder} holds {len(names)} NIfTI files, but no image with labels by {tried}; "
            "say with --images and --labels how they are called"
        )
    described = _description(folder)
    read_names = dict(label_names) if label_names else _label_names(described)
    told = modality or _modality(described)
    return [
        FoundScan(
            data_set=data_set,
            patient=patient,
            name=scan,
            files=(image, *(path for _, path in labels)),
            read=partial(_read, image, tuple(labels), read_names, told),
        )
        for (patient, scan), (image, labels) in sorted(pairs.items())
    ]


def _pairs(
    names: Mapping[str, Path], convention: Convention
) -> dict[tuple[str, str], tuple[Path, list[tuple[str, Path]]]]:
    """Image and labels by patient and scan."""
    images, labels = _expression(convention.images), _expression(convention.labels)
    found: dict[tuple[str, str], list[tuple[str, Path]]] = defaultdict(list)
    used = set()
    for name, path in names.items():
        if match := labels.fullmatch(name):
            found[_key(match)].append((match.groupdict().get("label") or "", path))
            used.add(name)
    return {
        key: (path, found[key])
        for name, path in names.items()
        # "{patient}" alone fits the files of labels, too.
        if name not in used and (match := images.fullmatch(name)) and (key := _key(match)) in found
    }


def _key(match: re.Match[str]) -> tuple[str, str]:
    parts = match.groupdict()
    return (parts["patient"], parts.get("scan") or "")


def _expression(pattern: str) -> re.Pattern[str]:
    """Turn a pattern into a regular expression.

    Raises
    ------
    ValueError
        If it does not name the patient, or names something unknown.
    """
    stem = _stem(Path(pattern))
    unknown = set(re.findall(r"{(.*?)}", stem)) - set(_FIELDS)
    if unknown or "{patient}" not in stem:
        raise ValueError(
            f"pattern “{pattern}”: expected {{patient}}, and besides only {{scan}} and {{label}}"
        )
    expression, seen = "", set()
    for part in re.split(r"({\w+}|\*)", stem):
        name = part.strip("{}")
        if part == "*":
            expression += "[^/]*"
        elif part.startswith("{"):
            expression += f"(?P={name})" if name in seen else f"(?P<{name}>{_FIELDS[name]})"
            seen.add(name)
        else:
            expression += re.escape(part)
    return re.compile(expression)


def _stem(path: Path) -> str:
    """Path without the ending of NIfTI, with slashes."""
    name = path.as_posix()
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


def _read(
    image: Path,
    labels: tuple[tuple[str, Path], ...],
    names: Mapping[int, str],
    modality: str | None,
) -> LabelledScan:
    """Read an image and its labels."""
    volume, affine = _volume(image)
    sizes = nib.affines.voxel_sizes(affine)
    if not (np.isfinite(sizes).all() and (sizes > 0).all()):
        raise ValueError(f"{image} states impossible voxel sizes; repair its header")
    structures: dict[str, Structure] = {}
    for label, path in labels:
        if label:
            structures[label] = Structure(partial(_mask, path, image, volume.shape, affine))
            continue
        values = _label_map(path, image, volume.shape, affine)
        for value in (int(value) for value in np.unique(values) if value != 0):
            structures[names.get(value, str(value))] = Structure(partial(np.equal, values, value))
    return LabelledScan(
        image=volume,
        affine=affine,
        across=_across(volume.shape, sizes),
        modality=modality or ("CT" if volume.min() <= _CT_LOWEST_HU else "MR"),
        structures=structures,
    )


def _across(shape: tuple[int, ...], sizes: NDArray[np.float64]) -> int:
    """Guess the axis across the acquired slices: the one with the longest step, else the last."""
    flat = [axis for axis in range(3) if shape[axis] == 1]
    if flat:
        return flat[-1]
    return int(np.argmax(sizes)) if sizes.max() > 1.01 * np.median(sizes) else 2


def _volume(path: Path) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Read voxels of three axes and the affine; of several channels the first."""
    try:
        file: Any = nib.load(path)
        values = np.asanyarray(file.dataobj)
        affine = np.asarray(file.affine, np.float64)
    except (nib.filebasedimages.ImageFileError, OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"{path} is not a readable NIfTI file: {error}") from error
    while values.ndim > 3:
        values = values[..., 0]
    values = values[(...,) + (None,) * (3 - values.ndim)]
    if values.dtype.kind not in "biuf" or not values.size:
        raise ValueError(f"{path} holds no plain numbers; expected one value per voxel")
    return values, affine


def _label_map(
    path: Path, image: Path, shape: tuple[int, ...], affine: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Read labels on the grid of their image."""
    values, own = _volume(path)
    if values.shape != shape or not np.allclose(own, affine, atol=1e-2):
        raise ValueError(f"{path} lies on another grid than {image.name}; resample it first")
    whole = np.nan_to_num(values).astype(np.int32)
    if not np.array_equal(whole, values) or np.unique(whole).size > _MOST_LABELS:
        raise ValueError(f"{path} is no label map; expected whole numbers, 0 for nothing")
    return whole


def _mask(
    path: Path, image: Path, shape: tuple[int, ...], affine: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Read the mask of one structure: whatever is not 0."""
    return _label_map(path, image, shape, affine) != 0


def _description(folder: Path) -> dict[str, Any]:
    """Read `dataset.json`; empty where there is none."""
    path = folder / "dataset.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    return content if isinstance(content, dict) else {}


def _label_names(described: Mapping[str, Any]) -> dict[int, str]:
    """Names by value, from {"1": "liver"} (Decathlon) or {"liver": 1} (nnU-Net)."""
    labels = described.get("labels")
    names: dict[int, str] = {}
    for key, value in labels.items() if isinstance(labels, dict) else ():
        if str(key).isdecimal():
            names[int(key)] = str(value)
        elif isinstance(value, int):
            names[value] = str(key)
    return names


def _modality(described: Mapping[str, Any]) -> str | None:
    """Modality of the first channel, where it is told."""
    channels = described.get("channel_names", described.get("modality"))
    first = str(channels.get("0", "")) if isinstance(channels, dict) else ""
    if not first:
        return None
    return "CT" if first.upper().startswith("CT") else "MR"
