"""What a registry holds, and how it is stored."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from core.home.whole_files import written_whole

FORMAT: Final = 1
INDEX: Final = "index.json"
SCANS: Final = "scans"

Split = Literal["train", "val", "test"]
Plane = Literal["axial", "coronal", "sagittal"]
View = Literal["slice", "structure"]


@dataclass(frozen=True)
class Stack:
    """Slices of one scan in one plane, with the masks of one structure.

    Attributes
    ----------
    data_set, modality, label : str
        Where the scan comes from, its DICOM modality, and the structure.
    plane : {"axial", "coronal", "sagittal"}
        Of the slices.
    view : {"slice", "structure"}
        Whether a picture shows the whole slice or the neighbourhood of the structure.
    split : {"train", "val", "test"}
        The same for everything of a patient.
    patient : str
        Pseudonym, the same in all scans of a patient.
    scan : str
        Name of the scan's file, without ending.
    images, masks : str
        Names of the tensors in that file.
    slices : tuple of int
        Which of the pictures each mask belongs to, in the order of their positions.
    positions : tuple of float
        Where the slices lie along their normal, in sides of the view.
    pixels : tuple of int
        Size of every mask; 0 where the structure is absent.
    """

    data_set: str
    modality: str
    label: str
    plane: Plane
    view: View
    split: Split
    patient: str
    scan: str
    images: str
    masks: str
    slices: tuple[int, ...]
    positions: tuple[float, ...]
    pixels: tuple[int, ...]

    @property
    def task(self) -> tuple[str, str, str, str, str]:
        """What makes pictures of several patients one task."""
        return (self.data_set, self.modality, self.label, self.plane, self.view)


@dataclass(frozen=True)
class Registry:
    """An index that was read.

    Attributes
    ----------
    folder : Path
        Where the registry lies.
    options : dict
        What it was prepared with, as plain values.
    stacks : tuple of Stack
        All of them.
    """

    folder: Path
    options: dict[str, Any]
    stacks: tuple[Stack, ...]


def scan_path(folder: Path, scan: str) -> Path:
    """Name the file of a scan."""
    return folder / SCANS / f"{scan}.safetensors"


def read_registry(folder: Path) -> Registry:
    """Read a registry's index and check that its files are there.

    Parameters
    ----------
    folder : Path
        From `python -m core prepare`.

    Returns
    -------
    Registry
        The index.

    Raises
    ------
    ValueError
        If the folder is no registry, is of another format, or lacks files.
    """
    content = _content(folder)
    for scan in sorted({stack.scan for stack in content.stacks}):
        if not scan_path(folder, scan).is_file():
            raise ValueError(f"{folder} lacks the scan {scan}; run `python -m core prepare` again")
    return content


def read_options(folder: Path) -> dict[str, Any]:
    """Read what a registry was prepared with; see `read_registry`, but scans may be missing."""
    return _content(folder).options


def _content(folder: Path) -> Registry:
    path = folder / INDEX
    if not path.is_file():
        raise ValueError(f"{folder} is no registry; make one with `python -m core prepare`")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(
                f"{path} has format {content['format']}; expected {FORMAT}: prepare it again"
            )
        return Registry(folder, dict(content["options"]), stacks_from(content["stacks"]))
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged; delete it and prepare the registry again") from error


def write_index(folder: Path, options: dict[str, Any], stacks: Iterable[Stack]) -> None:
    """Write a registry's index; an interruption leaves the former one whole."""
    content = {"format": FORMAT, "options": options, "stacks": stacks_as_plain(stacks)}
    with written_whole(folder / INDEX) as unfinished:
        unfinished.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def stacks_as_plain(stacks: Iterable[Stack]) -> list[dict[str, Any]]:
    """Turn stacks into plain values that `stacks_from` reads back."""
    return [asdict(stack) for stack in stacks]


def stacks_from(values: Iterable[dict[str, Any]]) -> tuple[Stack, ...]:
    """Read stacks from plain values.

    Raises
    ------
    TypeError
        If a value is missing or unknown, or slices are not fully described.
    """
    stacks = []
    for one in values:
        plain: dict[str, Any] = {
            key: tuple(item) if isinstance(item, list) else item for key, item in one.items()
        }
        stack = Stack(**plain)
        if not len(stack.slices) == len(stack.positions) == len(stack.pixels) > 0:
            raise TypeError("slices, positions and pixels: expected as many of each")
        stacks.append(stack)
    return tuple(stacks)


def read_slices(
    folder: Path, stack: Stack, chosen: Sequence[int]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Read some slices of a stack.

    Parameters
    ----------
    folder : Path
        The registry.
    stack : Stack
        One of its stacks.
    chosen : sequence of int
        Places in `stack.slices`; repetitions are allowed.

    Returns
    -------
    images : ndarray of uint8
        [chosen, 128, 128]; 0 and 255 are the network's 0 and 1.
    masks : ndarray of bool
        The same shape.

    Raises
    ------
    ValueError
        If the file is gone or damaged.
    """
    path = scan_path(folder, stack.scan)
    try:
        with safe_open(path, framework="numpy") as file:
            images, masks = file.get_slice(stack.images), file.get_slice(stack.masks)
            rows = [stack.slices[place] for place in chosen]
            pictures = np.concatenate([images[row : row + 1] for row in rows])
            packed = np.concatenate([masks[place : place + 1] for place in chosen])
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path} is damaged; run `python -m core prepare` again") from error
    return pictures, np.unpackbits(packed, axis=-1).astype(bool)
