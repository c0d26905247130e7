"""The sparse-slice protocol: which method fills the undrawn slices of a volume best."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cases import PLACEMENTS, Case, LabelledVolume, make_case
from core.evaluation.metrics import hausdorff_95_mm, worst_slice_dice
from core.evaluation.peers import (
    copy_nearest,
    interpolate_morphologically,
    interpolate_signed_distance,
    walk_randomly,
)
from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.examples import joined
from core.proposals.intensity import prepare
from core.proposals.network_opinion import predict_logits
from core.proposals.proposer import SegmentExamples, propose
from core.proposals.scores import network_score
from core.proposals.segment_state import prepare_segment

PEERS: Final = ("copy", "signed_distance", "itk", "random_walker")
"""Methods without a trained network."""

METHODS: Final = (*PEERS, "network_unguided", "network_guided", "chosen")
"""All methods; "chosen" is what the app proposes."""

SHUFFLED: Final = "network_shuffled"
"""A control: the unguided network with the images of the examples in a wrong order."""

_BATCH = 8


def evaluate_volumes(
    volumes: Sequence[LabelledVolume],
    engine: Engine,
    drawn: Sequence[int],
    *,
    methods: Sequence[str] = METHODS,
    seed: int = 0,
    progress: Callable[[LabelledVolume], None] | None = None,
) -> dict[str, Any]:
    """Score methods on all cases that volumes allow.

    Parameters
    ----------
    volumes : sequence of LabelledVolume
        The structures.
    engine : Engine
        The network.
    drawn : sequence of int
        Numbers of drawn slices.
    methods : sequence of str
        Among `METHODS` and `SHUFFLED`.
    seed : int
        Of the shuffling.
    progress : callable, optional
        Called with each volume before it is scored.

    Returns
    -------
    dict
        ``{"cases": [{"name", "set", "label", "k", "placement", "dice": {method: …},
        "worst_slice", "hd95_mm", "false_ml"}], "mean": {placement: {k: {method: …}}}}``. Dice is
        pooled over the undrawn slices of the extent; the other figures are of the last method.
        Means are taken within a data set first, then over data sets.

    Raises
    ------
    ValueError
        If a method is unknown or a number of drawn slices is below 2.
    """
    unknown = sorted(set(methods) - {*METHODS, SHUFFLED})
    if unknown or not methods:
        raise ValueError(f"methods: got {list(methods)}; expected some of {[*METHODS, SHUFFLED]}")
    if not drawn or min(drawn) < 2:
        raise ValueError(f"k: got {list(drawn)}; expected 2 or more drawn slices")
    rows: list[dict[str, Any]] = []
    for volume in volumes:
        if progress:
            progress(volume)
        made = [make_case(volume, k, placement) for k in drawn for placement in PLACEMENTS]
        cases = [case for case in made if case is not None]
        if cases:
            rows.extend(_score(volume, cases, engine, methods, seed))
    return {"cases": rows, "mean": mean_by_set(rows)}


def mean_by_set(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Average Dice within data sets, then over them, by placement and number of drawn slices."""
    gathered: dict[tuple[str, int, str, str], list[float]] = defaultdict(list)
    for row in rows:
        for method, value in row["dice"].items():
            gathered[row["placement"], row["k"], method, row["set"]].append(value)
    means: dict[str, dict[str, dict[str, float]]] = {}
    for placement, k, method in dict.fromkeys(key[:3] for key in gathered):
        by_set = [
            np.mean(values) for key, values in gathered.items() if key[:3] == (placement, k, method)
        ]
        means.setdefault(placement, {}).setdefault(str(k), {})[method] = float(np.mean(by_set))
    return means


def _score(
    volume: LabelledVolume,
    cases: Sequence[Case],
    engine: Engine,
    methods: Sequence[str],
    seed: int,
) -> list[dict[str, Any]]:
    """Report rows of the cases of one volume."""
    image = prepare(volume.image, volume.modality)
    slices = len(image)
    filled = (
        interpolate_morphologically([(case.examples, slices) for case in cases])
        if "itk" in methods
        else []
    )
    rows = []
    for number, case in enumerate(cases):
        truth, undrawn = volume.mask, case.undrawn
        scores = {}
        for method in methods:
            mask = filled[number] if method == "itk" else _fill(method, case, image, engine, seed)
            scores[method] = dice(mask[undrawn], truth[undrawn])
        outside = [index for index in range(slices) if index not in case.extent]
        rows.append(
            {
                "name": volume.name,
                "set": volume.data_set,
                "label": volume.label,
                "k": len(case.drawn),
                "placement": case.placement,
                "dice": scores,
                "worst_slice": worst_slice_dice(mask[undrawn], truth[undrawn]),
                "hd95_mm": hausdorff_95_mm(mask[case.extent], truth[case.extent], volume.spacing),
                "false_ml": int(mask[outside].sum()) * float(np.prod(volume.spacing)) / 1000,
            }
        )
    return rows


def _fill(
    method: str, case: Case, image: NDArray[np.float32], engine: Engine, seed: int
) -> NDArray[np.bool_]:
    """Let one method fill a case: bool [slice, row, column]."""
    if method == "copy":
        return copy_nearest(case.examples, len(image))
    if method == "signed_distance":
        return interpolate_signed_distance(case.examples, len(image))
    if method == "random_walker":
        return walk_randomly(case.examples, image, case.volume.spacing)
    if method == "chosen":
        return _chosen(case, engine)
    shuffle = seed if method == SHUFFLED else None
    return _network(case, image, engine, guided=method == "network_guided", shuffle=shuffle)


def _network(
    case: Case,
    image: NDArray[np.float32],
    engine: Engine,
    *,
    guided: bool,
    shuffle: int | None = None,
) -> NDArray[np.bool_]:
    """Let the network alone fill the extent.

    With `shuffle`, the slices of the image are exchanged at random before anything sees them, so
    that masks no longer belong to the images they stand beside.
    """
    if shuffle is not None:
        image = image[np.random.default_rng(shuffle).permutation(len(image))]

    def images_of(slices: Sequence[int]) -> NDArray[np.float32]:
        return image[list(slices)]

    examples = SegmentExamples(1, case.examples)
    segment = prepare_segment(examples, case.volume.spacing, engine, "auto", images_of)
    assert segment.prompt is not None
    result = np.zeros(image.shape, dtype=bool)
    undrawn = case.undrawn
    for first in range(0, len(undrawn), _BATCH):
        batch = undrawn[first : first + _BATCH]
        logits = predict_logits(segment.prompt, batch, guided=guided)
        for index, logit in zip(batch, logits, strict=True):
            result[index] = segment.crop.whole(network_score(segment.crop, logit) > 0)
    for index, mask in case.examples.items():
        result[index] = mask
    return result


def _chosen(case: Case, engine: Engine) -> NDArray[np.bool_]:
    """Propose as the app does."""
    volume = case.volume
    proposals = propose(
        volume.image,
        volume.spacing,
        volume.modality,
        [SegmentExamples(1, case.examples)],
        engine=engine,
    )
    return joined(case.examples, proposals, volume.mask.shape)
