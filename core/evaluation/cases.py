"""Labelled volumes as cases of the sparse-slice protocol.

A person draws K slices of one structure; a method fills the rest of the structure's extent. The
drawn slices are evenly spaced over the extent, either with its ends drawn ("ends") or from 10 % to
90 % of it ("inner", as people tend to do).
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Placement = Literal["ends", "inner"]

PLACEMENTS: Final[tuple[Placement, ...]] = ("ends", "inner")

_AIR_HU: Final = -500


@dataclass(frozen=True)
class LabelledVolume:
    """A volume and one structure in it.

    Attributes
    ----------
    name : str
        File name without ending.
    data_set : str
        What the volume belongs to: its name without a trailing number ("_001", "_t2").
    label : str
        The structure.
    modality : str
        "CT" where the intensities look like Hounsfield units, else "MR".
    image : ndarray
        [slice, row, column] in modality units.
    mask : ndarray of bool
        [slice, row, column].
    spacing : tuple of float
        Of slices, rows and columns, in mm.
    """

    name: str
    data_set: str
    label: str
    modality: str
    image: NDArray[Any]
    mask: NDArray[np.bool_]
    spacing: tuple[float, float, float]


@dataclass(frozen=True)
class Case:
    """A labelled volume with its drawn slices.

    Attributes
    ----------
    volume : LabelledVolume
        The image and the truth.
    placement : {"ends", "inner"}
        Where the drawn slices lie.
    drawn : tuple of int
        Their indices.
    extent : range
        From the structure's first to its last slice.
    """

    volume: LabelledVolume
    placement: Placement
    drawn: tuple[int, ...]
    extent: range

    @property
    def undrawn(self) -> list[int]:
        """Slices of the extent that a method has to fill."""
        return [index for index in self.extent if index not in self.drawn]

    @property
    def examples(self) -> dict[int, NDArray[np.bool_]]:
        """The drawn slices' masks, by slice index."""
        return {index: self.volume.mask[index] for index in self.drawn}


def read_volumes(paths: Sequence[Path]) -> Iterator[LabelledVolume]:
    """Read labelled volumes from npz files.

    A file holds `image` [slice, row, column], `spacing` (3 numbers, mm) and `mask_<label>` for
    every structure.

    Parameters
    ----------
    paths : sequence of Path
        Files, or folders of files.

    Yields
    ------
    LabelledVolume
        One for every structure that is not empty.

    Raises
    ------
    ValueError
        If a path does not exist, or a file lacks one of the arrays or has shapes that differ.
    """
    for path in npz_files(paths):
        arrays = read_arrays(path, ("image", "spacing"))
        image, spacing = arrays["image"], arrays["spacing"].astype(float)
        if image.ndim != 3 or spacing.shape != (3,):
            raise ValueError(f"{path}: expected an image [slice, row, column] and three spacings")
        modality = "CT" if image.min() <= _AIR_HU else "MR"
        for key in sorted(arrays):
            if not key.startswith("mask_"):
                continue
            mask = arrays[key] > 0
            if mask.shape != image.shape:
                raise ValueError(f"{path}: {key} has shape {mask.shape}, the image {image.shape}")
            if mask.any():
                yield LabelledVolume(
                    name=path.stem,
                    data_set=re.sub(r"_[a-z]?\d+$", "", path.stem),
                    label=key.removeprefix("mask_"),
                    modality=modality,
                    image=image,
                    mask=mask,
                    spacing=(spacing[0], spacing[1], spacing[2]),
                )


def spread(volumes: Sequence[LabelledVolume], count: int) -> list[LabelledVolume]:
    """Choose volumes from all data sets in turn, evenly spaced within each.

    Parameters
    ----------
    volumes : sequence of LabelledVolume
        All there are.
    count : int
        How many to choose; all if there are fewer.

    Returns
    -------
    list of LabelledVolume
        In the order given.

    Raises
    ------
    ValueError
        If `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"sample: got {count}; expected 1 or more")
    by_set: dict[str, list[int]] = {}
    for index, volume in enumerate(volumes):
        by_set.setdefault(volume.data_set, []).append(index)
    shares = dict.fromkeys(by_set, 0)
    while sum(shares.values()) < min(count, len(volumes)):
        for name, members in by_set.items():
            if shares[name] < len(members) and sum(shares.values()) < count:
                shares[name] += 1
    chosen = {
        members[int(place)]
        for name, members in by_set.items()
        for place in np.linspace(0, len(members) - 1, shares[name])
    }
    return [volume for index, volume in enumerate(volumes) if index in chosen]


def fewest_slices(drawn: int) -> int:
    """Return how many slices a structure needs so that most of them are not drawn."""
    return 2 * drawn + 2


def make_case(volume: LabelledVolume, drawn: int, placement: Placement) -> Case | None:
    """Place the drawn slices; None where the extent has fewer than `fewest_slices`.

    Parameters
    ----------
    volume : LabelledVolume
        The volume.
    drawn : int
        How many slices are drawn.
    placement : {"ends", "inner"}
        Over which part of the extent they are spread.

    Returns
    -------
    Case or None
        The case.
    """
    occupied = np.flatnonzero(volume.mask.any(axis=(1, 2)))
    first, last = int(occupied[0]), int(occupied[-1])
    extent = range(first, last + 1)
    if len(extent) < fewest_slices(drawn):
        return None
    margin = 0.1 * (last - first) if placement == "inner" else 0.0
    places = np.linspace(first + margin, last - margin, drawn)
    indices = tuple(sorted({round(place) for place in places}))
    return Case(volume=volume, placement=placement, drawn=indices, extent=extent)


def npz_files(paths: Sequence[Path]) -> list[Path]:
    """List npz files, those of folders in the order of their names.

    Raises
    ------
    ValueError
        If a path does not exist or nothing is found.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise ValueError(f"{path} does not exist; give npz files or folders of them")
        found.extend(sorted(path.glob("*.npz")) if path.is_dir() else [path])
    if not found:
        raise ValueError("no npz files found; give npz files or folders of them")
    return found


def read_arrays(path: Path, required: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read all arrays of an npz file.

    Raises
    ------
    ValueError
        If the file is not an npz file or lacks a required array.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise ValueError(f"{path} is not a readable npz file: {error}") from error
    missing = [name for name in required if name not in arrays]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}; expected {', '.join(required)}")
    return arrays
