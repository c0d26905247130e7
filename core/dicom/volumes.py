"""Several images at one place: which volumes they belong to, and what distinguishes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.dicom.headers import Plane
from core.dicom.slice_order import (
    SliceOrder,
    by_number,
    slice_orders,
    without_contradicted_positions,
)
from core.dicom.slice_steps import (
    SAME_PLACE_MM,
    UNEVEN_SHARE,
    Places,
    is_even,
    is_repeated,
    same_place_tolerance,
)
from core.dicom.volume_attributes import RUN_KEYS, VOLUME_KEYS
from core.dicom.volume_parts import Part, part_words, parts_by, stated, value_words, varying_names
from core.dicom.volumes_by_attributes import (
    are_shifted,
    contradicting_names,
    name_of_following_runs,
    names_of_interleaved,
    names_of_repeats,
    stacks_in_turn,
)
from core.dicom.volumes_by_order import (
    by_turn,
    divide_by_order,
    divide_by_runs,
    repeats_are_few,
)

_MOST_VALUES = 4  # named in a sentence; a line holds no more


@dataclass(frozen=True)
class Volume:
    """Planes of one volume in order.

    `words` distinguish it from its siblings, such as "b-value 1000"; `cautions` say in one sentence
    each what is doubtful about the order or the division.
    """

    planes: list[Plane]
    words: str = ""
    cautions: tuple[str, ...] = ()


def split_by_volume(stack: Sequence[Plane]) -> list[Volume]:
    """Order planes by place; where volumes share places or interleave, separate them.

    Parameters
    ----------
    stack : sequence of Plane
        Parallel and of one size, all with a position or all without.

    Returns
    -------
    list of Volume
        At least one; together they hold every plane once.
    """
    volumes: list[Volume] = []
    caution = ""
    for order in slice_orders(without_contradicted_positions(stack)):
        caution, volumes = order.caution, _volumes(order)
        if volumes:
            break
    return [
        Volume(
            volume.planes,
            volume.words,
            (*filter(None, [caution]), *volume.cautions, *_differences(volume.planes)),
        )
        for volume in volumes
    ]


def _volumes(order: SliceOrder) -> list[Volume]:
    """Divide planes in an order; none where it leaves open which volume they belong to."""
    planes, places = order.planes, order.places
    tolerance = SAME_PLACE_MM
    if order.is_position:
        thicknesses = [plane.slice_thickness for plane in planes if plane.slice_thickness]
        tolerance = same_place_tolerance(places, min(thicknesses, default=None))
    if not is_repeated(places, tolerance).any():
        return _interleaved(planes, places) if order.is_position else [Volume(planes)]
    following = name_of_following_runs(planes, places, tolerance) if order.is_position else None
    names = names_of_repeats(planes, places, tolerance)
    if names and not (following and RUN_KEYS.issuperset(names)):
        return _by_attributes(planes, places, tolerance, names)
    return _repeating(planes, places, tolerance, following) if order.is_position else []


def _interleaved(planes: list[Plane], places: Places) -> list[Volume]:
    """Divide planes at different places, if they are several stacks that interleave."""
    names = names_of_interleaved(planes, places)
    if names:
        return _named(planes, parts_by(planes, names), names)
    if is_even(places):
        return [Volume(planes, cautions=tuple(_signs_of_several(planes, places)))]
    runs = divide_by_runs(planes)
    if are_shifted(runs.parts, places):
        return _numbered(planes, runs.parts, runs.words)
    stacks = stacks_in_turn(places)
    caution = (
        f"The slices make {stacks} even stacks that interleave, and nothing says which belong "
        "together: several volumes may be mixed."
    )
    return [Volume(planes, cautions=(caution,) if stacks > 1 else ())]


def _signs_of_several(planes: Sequence[Plane], places: Places) -> Iterator[str]:
    """Say what suggests that slices in even steps are those of several volumes all the same.

    Times are no sign: a volume may be acquired in several passes.
    """
    numbers = [
        plane.header.instance_number if len(plane.header.planes) == 1 else None for plane in planes
    ]
    shared = sum(one == other is not None for one, other in pairwise(numbers))
    if shared:
        yield (
            f"{shared} slices have the same instance number as their neighbour: several volumes "
            "may be mixed."
        )
    for name in varying_names(planes):
        if (
            name in RUN_KEYS
            and "Time" not in name
            and are_shifted(parts_by(planes, [name]), places)
        ):
            yield (
                f"The slices take turns in {VOLUME_KEYS[name]}: check that they belong together."
            )


def _by_attributes(
    planes: list[Plane], places: Places, tolerance: float, names: list[str]
) -> list[Volume]:
    others = contradicting_names(planes, places, tolerance, names)
    cautions: tuple[str, ...] = ()
    if others:
        words = " and ".join(VOLUME_KEYS[name] for name in [*names, *others])
        cautions = (
            f"The images are divided into volumes by {VOLUME_KEYS[names[0]]}, but {words} do not "
            "agree which belong together: slices of different volumes may be mixed.",
        )
    return _named(planes, parts_by(planes, names), names, cautions)


def _repeating(
    planes: list[Plane], places: Places, tolerance: float, following: str | None
) -> list[Volume]:
    """Divide planes that share places and that no attribute divides into volumes."""
    if following is not None:

        def by_run(plane: Plane) -> tuple[object, ...]:
            return stated(plane, following), by_number(plane)

        runs = len(parts_by(planes, [following]))
        reason = f"{runs} runs ({VOLUME_KEYS[following]}) follow one another and overlap"
        return _with_repeats(planes, by_turn(planes, places, tolerance, by_run), reason)
    if repeats_are_few(places, tolerance):
        reason = "Nothing says why some places hold more than one image"
        return _with_repeats(planes, by_turn(planes, places, tolerance, by_number), reason)
    division = divide_by_order(planes, places, tolerance)
    return _numbered(planes, division.parts, division.words)


def _with_repeats(planes: list[Plane], parts: list[Part], reason: str) -> list[Volume]:
    others = sum(map(len, parts[1:]))
    caution = (
        f"{reason}: the first image of each place is used, and {others} other(s) are listed by "
        "themselves."
    )
    rest = ["repeats"] if len(parts) == 2 else [f"repeats {n}" for n in range(1, len(parts))]
    return [
        Volume([planes[index] for index in part], words, (caution,))
        for part, words in zip(parts, ["without repeats", *rest], strict=True)
    ]


def _named(
    planes: list[Plane], parts: list[Part], names: list[str], cautions: tuple[str, ...] = ()
) -> list[Volume]:
    return [
        Volume([planes[index] for index in part], part_words(planes[part[0]], names), cautions)
        for part in parts
    ]


def _numbered(planes: list[Plane], parts: list[Part], words: str) -> list[Volume]:
    caution = (
        f"Nothing states which volume an image belongs to: the order of {words} alone tells "
        "volumes apart, and their slices may be mixed."
    )
    return [
        Volume([planes[index] for index in part], f"volume {turn}", (caution,))
        for turn, part in enumerate(parts, start=1)
    ]


def _differences(planes: Sequence[Plane]) -> Iterator[str]:
    """Yield a sentence for each attribute in which the slices of a volume should be alike."""
    for name in varying_names(planes):
        if name in RUN_KEYS:
            continue
        values = {stated(plane, name): value_words(plane, name) for plane in planes}
        numbers = [number for number, text in values if not text]
        is_rounded = len(numbers) == len(values) and max(numbers) - min(numbers) <= (
            UNEVEN_SHARE * max(map(abs, numbers))
        )
        if len(values) > 1 and not is_rounded:
            listed = [values[value] for value in sorted(values)]
            more = [] if len(listed) <= _MOST_VALUES else ["…"]
            yield (
                f"The slices differ in {VOLUME_KEYS[name]} "
                f"({', '.join([*listed[:_MOST_VALUES], *more])}): check that they belong together."
            )
