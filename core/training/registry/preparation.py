"""Filling a registry: every scan is read, cut into pictures and stored, once."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from core.home.whole_files import written_whole
from core.training.registry.index import (
    INDEX,
    SCANS,
    Plane,
    Split,
    Stack,
    read_options,
    scan_path,
    stacks_as_plain,
    stacks_from,
    write_index,
)
from core.training.registry.patients import KEY, pseudonym, pseudonym_key, split_of
from core.training.registry.scans import FoundScan, LabelledScan
from core.training.registry.slices import (
    PreparedStack,
    SliceOptions,
    plane_slices,
    prepare_image,
    prepare_stacks,
)

_STACKS: Final = "stacks"
_DIGEST: Final = "digest"
_BLOCK: Final = 2**22


@dataclass(frozen=True)
class PreparationOptions:
    """Everything that decides how a registry looks, besides the data.

    Attributes
    ----------
    slices : SliceOptions
        Which slices become pictures.
    shares : tuple of float
        Of the patients for training, validation and test; their sum is 1.
    seed : int
        Another seed splits patients otherwise.
    """

    slices: SliceOptions = field(default_factory=SliceOptions)
    shares: tuple[float, float, float] = (0.7, 0.15, 0.15)
    seed: int = 0

    def __post_init__(self) -> None:
        # Written so that a share that is no number is refused, too.
        if not (all(share >= 0 for share in self.shares) and abs(sum(self.shares) - 1) <= 1e-6):
            raise ValueError(f"split: got {self.shares}; expected three shares whose sum is 1")
        if self.slices.slices < 3 or self.slices.smallest < 1:
            raise ValueError("slices: expected 3 or more of a stack, and specks of 1 pixel or more")


@dataclass(frozen=True)
class Outcome:
    """What became of a scan.

    Attributes
    ----------
    scan : FoundScan
        Which it was.
    status : {"prepared", "unchanged", "left out"}
        Unchanged are scans that the registry holds already.
    reason : str
        Why it was left out.
    stacks : tuple of Stack
        What the registry now holds of it.
    """

    scan: FoundScan
    status: Literal["prepared", "unchanged", "left out"]
    reason: str = ""
    stacks: tuple[Stack, ...] = ()


def prepare_registry(
    scans: Sequence[FoundScan], folder: Path, options: PreparationOptions
) -> Iterator[Outcome]:
    """Add scans to a registry, and write its index at the end.

    Every scan is written whole or not at all, and one that is there already is left as it is. So
    an interrupted preparation carries on where it stopped, and new patients can be added later.

    Parameters
    ----------
    scans : sequence of FoundScan
        What to add.
    folder : Path
        The registry; made where it is missing.
    options : PreparationOptions
        The same every time for the same registry.

    Yields
    ------
    Outcome
        One per scan.

    Raises
    ------
    ValueError
        If the folder holds something else, or was prepared with other options.
    OSError
        If the registry cannot be written.
    """
    plain = json.loads(json.dumps(asdict(options)))
    _check_folder(folder, plain)
    (folder / SCANS).mkdir(parents=True, exist_ok=True)
    key = pseudonym_key(folder)
    # An index from the beginning on, so that the options of a registry are always known.
    if not (folder / INDEX).exists():
        write_index(folder, plain, ())
    for scan in scans:
        yield _prepared(scan, folder, options, key)
    stacks = [
        stack for path in sorted((folder / SCANS).glob("*.safetensors")) for stack in _stored(path)
    ]
    write_index(folder, plain, stacks)


def _check_folder(folder: Path, options: dict[str, Any]) -> None:
    """Refuse to mix a registry with anything else."""
    if folder.is_dir() and not (folder / INDEX).exists():
        others = {path.name for path in folder.iterdir()} - {SCANS, KEY}
        if others:
            raise ValueError(f"{folder} holds other files; choose an empty folder for a registry")
    elif folder.is_dir():
        before = read_options(folder)
        if before != options:
            raise ValueError(
                f"{folder} was prepared with other options ({json.dumps(before)}); "
                "give the same or choose another folder"
            )


def _prepared(scan: FoundScan, folder: Path, options: PreparationOptions, key: bytes) -> Outcome:
    """Store one scan unless it is stored already."""
    name = pseudonym(key, scan.data_set, scan.patient, scan.name)
    path = scan_path(folder, name)
    patient = pseudonym(key, scan.patient)
    split = split_of(scan.patient, options.shares, options.seed)
    try:
        digest = _digest(scan.files, key)
        if _is_stored(path, digest):
            return Outcome(scan, "unchanged", stacks=_stored(path))
        read = scan.read()
        parts = list(prepare_stacks(read, options.slices))
    except (ValueError, OSError) as error:
        return Outcome(scan, "left out", reason=" ".join(str(error).split()))
    if not parts:
        return Outcome(scan, "left out", reason="nothing is outlined in it but specks")
    tensors, stacks = _arranged(read, parts, scan.data_set, split, patient, name)
    metadata = {_DIGEST: digest, _STACKS: json.dumps(stacks_as_plain(stacks))}
    with written_whole(path) as unfinished:
        save_file(tensors, unfinished, metadata)
    return Outcome(scan, "prepared", stacks=stacks)


def _arranged(
    scan: LabelledScan,
    parts: Sequence[PreparedStack],
    data_set: str,
    split: Split,
    patient: str,
    name: str,
) -> tuple[dict[str, NDArray[np.uint8]], tuple[Stack, ...]]:
    """Gather pictures and masks; whole slices are shared by all structures on them."""
    image = prepare_image(scan)
    tensors: dict[str, NDArray[np.uint8]] = {}
    shared: dict[Plane, NDArray[np.int64]] = {}
    for part in parts:
        if part.view == "slice":
            already = shared.get(part.plane, part.indices)
            shared[part.plane] = np.union1d(already, part.indices)
    stacks = []
    for number, part in enumerate(parts):
        pictures = part.plane if part.view == "slice" else f"{number}.images"
        indices = shared[part.plane] if part.view == "slice" else part.indices
        if pictures not in tensors:
            slices = plane_slices(image, part.plane)[indices]
            tensors[pictures] = np.rint(part.crop.images(slices) * 255).astype(np.uint8)
        masks = f"{number}.masks"
        tensors[masks] = np.packbits(part.masks, axis=-1)
        stacks.append(
            Stack(
                data_set=data_set,
                modality=scan.modality,
                label=part.label,
                plane=part.plane,
                view=part.view,
                split=split,
                patient=patient,
                scan=name,
                images=pictures,
                masks=masks,
                slices=tuple(np.searchsorted(indices, part.indices).tolist()),
                positions=tuple(part.positions.round(5).tolist()),
                pixels=tuple(part.masks.sum(axis=(1, 2)).tolist()),
            )
        )
    return tensors, tuple(stacks)


def _digest(files: Sequence[Path], key: bytes) -> str:
    """Fingerprint of files' contents; keyed, so that it recognises no published scan."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for path in files:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()


def _is_stored(path: Path, digest: str) -> bool:
    """Tell whether a scan was stored whole and has not changed since."""
    try:
        return path.is_file() and _metadata(path).get(_DIGEST) == digest
    except ValueError:
        return False


def _stored(path: Path) -> tuple[Stack, ...]:
    """Read the stacks of a stored scan."""
    return stacks_from(json.loads(_metadata(path)[_STACKS]))


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path} is damaged; delete it and prepare again") from error
