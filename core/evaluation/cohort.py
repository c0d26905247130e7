"""Proposals on a new patient from patients before: how good they are by the number of teachers.

Volumes whose names differ only behind the last underscore are a family of one protocol. Each of
some volumes of a family is proposed from others of it, chosen by a seeded order of which more
teachers are a longer part, without anything drawn on it.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core.evaluation.cases import LabelledVolume
from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.examples import Proposal, SegmentExamples, joined
from core.proposals.from_other_series import propose_from_teachers
from core.proposals.teachers import ReferenceSeries


def evaluate_cohort(
    volumes: Sequence[LabelledVolume],
    engine: Engine,
    teachers: Sequence[int],
    *,
    queries: int | None = None,
    adapting: bool = True,
    seed: int = 0,
    progress: Callable[[LabelledVolume], None] | None = None,
) -> dict[str, Any]:
    """Propose volumes of every family from others of it.

    Parameters
    ----------
    volumes : sequence of LabelledVolume
        Of all families; those that have no other of the same structure are left out.
    engine : Engine
        The network.
    teachers : sequence of int
        How many teachers; where a family has fewer, all it has.
    queries : int, optional
        Volumes of each family to propose, spread over it; all by default.
    adapting : bool
        Whether to adapt the network to the teachers before.
    seed : int
        Of the order of the teachers.
    progress : callable, optional
        Called with each volume before it is proposed.

    Returns
    -------
    dict
        ``{"cases": [{"name", "family", "label", "teachers", "used", "dice", "expected"}],
        "families": {family: {label: {teachers: dice}}}, "mean": {teachers: dice}}``. Dice is of the
        whole volume; ``"expected"`` the mean expected Dice by area, None where unknown. Means are
        taken within a family first, then over families.

    Raises
    ------
    ValueError
        If a number is below 1, or no family has two volumes of a structure.
    """
    if not teachers or min(teachers) < 1 or (queries is not None and queries < 1):
        raise ValueError(f"teachers: got {list(teachers)}; expected 1 or more, and queries as well")
    rows = []
    for volume, others in cohort_queries(volumes, queries, seed):
        if progress:
            progress(volume)
        # Where there are fewer teachers than asked for, once is enough.
        scores: dict[int, tuple[float, float | None]] = {}
        for count in teachers:
            used = min(count, len(others))
            if used not in scores:
                proposals = propose_volume(volume, others[:used], engine, adapting=adapting)
                found = joined({}, proposals, volume.mask.shape)
                scores[used] = (dice(found, volume.mask), mean_expected(proposals))
            rows.append(
                {
                    "name": volume.name,
                    "family": family_of(volume),
                    "label": volume.label,
                    "teachers": count,
                    "used": used,
                    "dice": scores[used][0],
                    "expected": scores[used][1],
                }
            )
    if not rows:
        raise ValueError("no two volumes of a family show the same structure; give more volumes")
    return {"cases": rows, "families": _by_family(rows), "mean": _mean(rows)}


def family_of(volume: LabelledVolume) -> str:
    """Name of a volume's family: that of the volume up to the last underscore."""
    return volume.name.rpartition("_")[0] or volume.name


def cohort_queries(
    volumes: Sequence[LabelledVolume], count: int | None, seed: int
) -> Iterator[tuple[LabelledVolume, list[LabelledVolume]]]:
    """Pair volumes with all others of their family and structure, in a seeded order.

    Parameters
    ----------
    volumes : sequence of LabelledVolume
        Of all families.
    count : int or None
        How many volumes of each family, spread over it; all where None.
    seed : int
        Of the order.

    Yields
    ------
    LabelledVolume, list of LabelledVolume
        A volume, and its teachers.
    """
    families: dict[tuple[str, str], list[LabelledVolume]] = defaultdict(list)
    for volume in volumes:
        families[family_of(volume), volume.label].append(volume)
    for members in families.values():
        most = len(members) if count is None else min(count, len(members))
        for place in np.linspace(0, len(members) - 1, most):
            volume = members[int(place)]
            random = np.random.default_rng([seed, zlib.crc32(volume.name.encode())])
            others = [one for one in members if one is not volume]
            if others:
                yield volume, [others[index] for index in random.permutation(len(others))]


def propose_volume(
    volume: LabelledVolume,
    teachers: Sequence[LabelledVolume],
    engine: Engine,
    *,
    adapting: bool = True,
) -> list[Proposal]:
    """Propose a volume's structure on its slices from others of which everything is known."""
    return list(
        propose_from_teachers(
            references(teachers),
            volume.image,
            volume.spacing,
            volume.modality,
            engine=engine,
            adapting=adapting,
        )
    )


def references(volumes: Sequence[LabelledVolume]) -> list[ReferenceSeries]:
    """Make teachers of volumes of which everything is known; their structure is segment 1."""
    return [
        ReferenceSeries(
            one.image, one.spacing, one.modality, (SegmentExamples(1, dict(enumerate(one.mask))),)
        )
        for one in volumes
    ]


def mean_expected(proposals: Sequence[Proposal]) -> float | None:
    """Mean expected Dice by area; None where nothing is known."""
    known = [
        (one.expected_dice, int(one.mask.sum()))
        for one in proposals
        if one.expected_dice is not None
    ]
    pixels = sum(size for _, size in known)
    return sum(expected * size for expected, size in known) / pixels if pixels else None


def _by_family(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    gathered: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for row in rows:
        gathered[row["family"], row["label"], row["teachers"]].append(row["dice"])
    means: dict[str, dict[str, dict[str, float]]] = {}
    for (family, label, count), values in gathered.items():
        means.setdefault(family, {}).setdefault(label, {})[str(count)] = float(np.mean(values))
    return means


def _mean(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    by_family: dict[tuple[int, str], list[float]] = defaultdict(list)
    for row in rows:
        by_family[row["teachers"], row["family"]].append(row["dice"])
    return {
        str(count): float(np.mean([np.mean(v) for key, v in by_family.items() if key[0] == count]))
        for count in dict.fromkeys(row["teachers"] for row in rows)
    }
