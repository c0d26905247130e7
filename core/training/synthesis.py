"""Synthetic anatomy: label maps, generated on the device in batches, without any patient.

Every task owns a small three-dimensional world: a partition of space from smooth noise, a body in
air, and objects (irregular blobs, rings, tubes that wander, forks, vessel-like nets, winding tubes
that slices cut in changing numbers of parts, kernels inside shells, branching lines over the whole
view) that change smoothly along the third axis, appear, move, split and end. Three families of
tasks (`arrangement.py`) come from such worlds: *volumes*, where the images are slices at known
positions of one world; *populations*, where every image is about the same slice, warped anew by an
affine map and a smooth displacement, or in some tasks a slice whose outlines have nothing to do
with those of the others; and *taught* tasks, where the slices of a patient are warped alike.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.training.arrangement import Arrangement
from core.training.random_numbers import chance, uniform

OBJECTS = 7
"""Objects in a world; the first is made to be near the centre of the view."""

REGIONS = 5
"""Cells of the partition that fills a world's background, at most."""

AIR = OBJECTS + REGIONS
"""Label of what lies outside the body."""

LABELS = AIR + 1

_NOISE_FIELDS = 10
_KNOTS = 8


@dataclass(frozen=True)
class Worlds:
    """Label maps of a batch of tasks.

    Attributes
    ----------
    labels : Tensor
        int64 [tasks, images, side, side], 0 … `LABELS` − 1; objects first, then regions, then air.
    arrangement : Arrangement
        Whose slices the images are, and where they lie.
    noise : Tensor
        float32 [tasks, 4, images, side, side]: smooth fields in the worlds' own coordinates,
        about −1 … 1, for textures that belong to the place and not to the image.
    ground : Tensor
        int64, shaped as `labels`: what lies behind the first object where it is see-through, as in
        a projection; the same as `labels` in all other tasks.
    """

    labels: Tensor
    arrangement: Arrangement
    noise: Tensor
    ground: Tensor


def make_worlds(generator: Generator, arrangement: Arrangement, side: int) -> Worlds:
    """Draw worlds and the label maps of their images.

    Parameters
    ----------
    generator : Generator
        Source of all randomness; its device is where everything happens.
    arrangement : Arrangement
        The images that are wanted of every world.
    side : int
        Pixels along an image's side.

    Returns
    -------
    Worlds
        The label maps and where they come from.
    """
    depth = arrangement.depth
    tasks, images = depth.shape
    x, y = _coordinates(generator, arrangement, side)
    populations = ~(arrangement.volume | arrangement.taught)
    unlike = populations & chance(generator, 0.35, tasks)
    elsewhere = uniform(generator, -1, 1, tasks, images)
    fields = _noise_fields(generator, x, y, torch.where(unlike[:, None], elsewhere, depth))
    labels = _partition(generator, fields)
    outside = _body(generator, x, y, fields)
    labels = torch.where(outside, AIR, labels)
    levels = _objects(generator, x, y, depth, fields)
    lines = chance(generator, 0.12, tasks)
    nested = chance(generator, 0.15, tasks) & ~lines
    for chosen, make in ((lines, _lines), (nested, _kernel)):
        where = chosen.nonzero()[:, 0]
        if len(where):
            level = make(generator, levels[where], fields[where])
            levels[where, 0] = level
    see_through = chance(generator, 0.07, tasks) | (lines & chance(generator, 0.7, tasks))
    order = torch.rand(tasks, OBJECTS, generator=generator, device=generator.device)
    # The object of the centre is painted late, so that it is seldom hidden altogether.
    order[:, 0] += 0.7 * chance(generator, 0.8, tasks)
    order[:, 0] += 2.0 * (nested | see_through)
    # The shell of a kernel comes right below it.
    order[:, 1] += 1.0 * nested
    rank = order.argsort(dim=1).argsort(dim=1) + 1
    top = torch.zeros_like(labels)
    # The first object is painted when the others are there, for what lies behind it.
    for index in (*range(1, OBJECTS), 0):
        ground = labels
        above = (levels[:, index] > 0) & (rank[:, index, None, None, None] > top)
        labels = labels.masked_fill(above, index)
        top = torch.where(above, rank[:, index, None, None, None], top)
    return Worlds(
        labels=labels,
        arrangement=arrangement,
        noise=fields[:, :4],
        ground=torch.where(see_through[:, None, None, None], ground, labels),
    )


def _coordinates(
    generator: Generator, arrangement: Arrangement, side: int
) -> tuple[Tensor, Tensor]:
    """World coordinates [tasks, images, side, side] of every pixel, in view sides from the centre.

    Images of different patients are warped strongly, slices of a volume hardly at all (motion).
    """
    tasks, images = arrangement.depth.shape
    axis = (torch.arange(side, device=generator.device) + 0.5) / side - 0.5
    motion = uniform(generator, 0, 0.06, tasks) * chance(generator, 0.4, tasks)
    strength = torch.where(arrangement.volume, motion, 1.0)
    strength = (strength * uniform(generator, 0.3, 1.0, tasks))[:, None]

    def drawn(reach: float) -> Tensor:
        return arrangement.shared(uniform(generator, -reach, reach, tasks, images)) * strength

    angle, zoom, aspect = drawn(0.5), torch.exp(drawn(0.3)), torch.exp(drawn(0.15))
    shift = (drawn(0.15)[..., None, None], drawn(0.15)[..., None, None])
    cosine, sine = (f[..., None, None] for f in (angle.cos() * zoom, angle.sin() * zoom))
    x, y = axis[None, None, None, :], axis[None, None, :, None]
    warped_x = (cosine * x - sine * y) * aspect[..., None, None] + shift[0]
    warped_y = (sine * x + cosine * y) / aspect[..., None, None] + shift[1]
    knots = torch.randn(tasks, images, 2, 5, 5, generator=generator, device=generator.device) * 0.04
    knots = arrangement.shared(knots).flatten(0, 1)
    displacement = functional.interpolate(knots, (side, side), mode="bicubic", align_corners=True)
    displacement = displacement.view(tasks, images, 2, side, side) * strength[..., None, None, None]
    return warped_x + displacement[:, :, 0], warped_y + displacement[:, :, 1]


def _noise_fields(generator: Generator, x: Tensor, y: Tensor, depth: Tensor) -> Tensor:
    """Smooth fields [tasks, fields, images, side, side] of several scales at world coordinates."""
    tasks, images, side, _ = x.shape
    # The fields are smooth enough to be sampled at every other pixel; that costs a quarter.
    x, y = (functional.avg_pool2d(coordinate, 2) for coordinate in (x, y))
    places = torch.stack([x, y, depth[..., None, None].expand_as(x)], dim=-1)
    groups = []
    for fields, knots, reach in ((4, 6, 1.0), (3, 12, 1.0), (3, 24, 1.0)):
        grid = torch.randn(
            tasks, fields, knots, knots, knots, generator=generator, device=generator.device
        )
        stretch = uniform(generator, 0.5, 1.3, tasks, 1, 1, 1, 1) * 1.2 / reach
        groups.append(
            functional.grid_sample(
                grid, places * stretch, padding_mode="reflection", align_corners=True
            )
        )
    coarse = torch.cat(groups, dim=1).flatten(1, 2)
    fine = functional.interpolate(coarse, (side, side), mode="bilinear")
    return fine.view(tasks, _NOISE_FIELDS, images, side, side)


def _partition(generator: Generator, fields: Tensor) -> Tensor:
    """Labels of the background's cells: where which smooth field is the largest."""
    tasks = fields.shape[0]
    weights = uniform(generator, 0, 1, tasks, REGIONS, _NOISE_FIELDS) ** 3
    scale = uniform(generator, 0, 1, tasks, 1)
    # Coarse cells in some tasks, fine ones in others.
    weights[:, :, 4:7] *= scale[..., None]
    weights[:, :, 7:] *= (scale**3)[..., None] * 0.6
    signs = torch.randn(
        tasks, REGIONS, _NOISE_FIELDS, generator=generator, device=generator.device
    ).sign()
    values = torch.bmm(weights * signs, fields.flatten(2)).view(tasks, REGIONS, *fields.shape[2:])
    bias = uniform(generator, -1.2, 0.4, tasks, REGIONS)
    bias[:, 0] = 0
    return _winner(values + bias[:, :, None, None, None]) + OBJECTS


def _winner(values: Tensor) -> Tensor:
    """Argmax over dimension 1; a loop over whole maps is several times faster on a CPU."""
    best = values[:, 0]
    winner = torch.zeros_like(best, dtype=torch.long)
    for index in range(1, values.shape[1]):
        larger = values[:, index] > best
        winner = winner.masked_fill(larger, index)
        best = torch.maximum(best, values[:, index])
    return winner


def _body(generator: Generator, x: Tensor, y: Tensor, fields: Tensor) -> Tensor:
    """Where there is air around a body: bool [tasks, images, side, side]."""
    tasks = x.shape[0]
    width, height = (uniform(generator, 0.3, 0.75, tasks, 1, 1, 1) for _ in range(2))
    middle_x, middle_y = (uniform(generator, -0.15, 0.15, tasks, 1, 1, 1) for _ in range(2))
    radius = ((x - middle_x) / width).square() + ((y - middle_y) / height).square()
    outside = radius + 0.1 * fields[:, 0] > 1
    return outside & chance(generator, 0.35, tasks)[:, None, None, None]


def _track(generator: Generator, depth: Tensor, objects: int, amplitude: Tensor) -> Tensor:
    """Random smooth functions of depth, [tasks, objects, images], about as large as amplitude."""
    tasks = depth.shape[0]
    knots = (
        torch.randn(tasks, objects, _KNOTS, generator=generator, device=generator.device)
        * amplitude[..., None]
    )
    place = ((depth.clamp(-1, 1) + 1) / 2 * (_KNOTS - 1))[:, None].expand(-1, objects, -1)
    left = place.floor().clamp(0, _KNOTS - 2).long()
    part = place - left
    part = part * part * (3 - 2 * part)
    return knots.gather(2, left) * (1 - part) + knots.gather(2, left + 1) * part


def _objects(generator: Generator, x: Tensor, y: Tensor, depth: Tensor, fields: Tensor) -> Tensor:
    """Level functions of the objects, positive inside: [tasks, objects, images, side, side]."""
    tasks = x.shape[0]

    def per_object(low: float, high: float) -> Tensor:
        return uniform(generator, low, high, tasks, OBJECTS)

    kind = torch.randint(0, 8, (tasks, OBJECTS), generator=generator, device=generator.device)
    tube, ring, fork, net, winding = (kind == number for number in range(1, 6))
    size = torch.exp(per_object(-2.9, -0.9))
    size = torch.where(tube | fork, torch.exp(per_object(-4.0, -2.4)), size)
    reach = per_object(0.0, 0.5)
    reach[:, 0] *= 0.45
    direction = per_object(0, 2 * torch.pi)
    swing = torch.where(tube | fork, per_object(0.03, 0.2), per_object(0.0, 0.09))
    center_x = (reach * direction.cos())[..., None] + _track(generator, depth, OBJECTS, swing)
    center_y = (reach * direction.sin())[..., None] + _track(generator, depth, OBJECTS, swing)
    growth = _track(generator, depth, OBJECTS, per_object(0.05, 0.45)).exp()
    # Many objects begin and end inside the world.
    ends = chance(generator, 0.6, tasks, OBJECTS)
    middle, half = per_object(-0.4, 0.4), per_object(0.12, 0.9)
    along = 1 - ((depth[:, None] - middle[..., None]) / half[..., None]).square()
    growth = growth * torch.where(ends[..., None], along.clamp(min=-1), 1.0)
    alive = (growth > 0.05)[..., None, None]
    radius = size[..., None] * growth.clamp(min=0.05)
    aspect = per_object(-0.6, 0.6).exp()[..., None]
    angle = per_object(0, torch.pi)[..., None] + _track(
        generator, depth, OBJECTS, per_object(0, 0.5)
    )
    along = torch.stack([angle.cos(), angle.sin()]) * (aspect / radius)
    across = torch.stack([-angle.sin(), angle.cos()]) / (aspect * radius)
    distance = _distance(x[:, None], y[:, None], center_x, center_y, along, across)
    # A fork: a second branch that leaves the first one along the depth. What only some objects
    # have is computed for these alone: whole maps of all objects are what making tasks costs.
    leave = (depth[:, None] - middle[..., None]).clamp(min=0) * per_object(0.2, 0.8)[..., None]
    turn = direction[..., None] + 1.3
    second_x, second_y = center_x + leave * turn.cos(), center_y + leave * turn.sin()
    owner = fork.nonzero()[:, 0]
    second = _distance(
        x[owner], y[owner], second_x[fork], second_y[fork], along[:, fork], across[:, fork]
    )
    distance[fork] = torch.minimum(distance[fork], second)
    choice = torch.randint(
        0, _NOISE_FIELDS - 3, (tasks, OBJECTS), generator=generator, device=generator.device
    )
    rough = fields.gather(1, choice[..., None, None, None].expand(-1, -1, *fields.shape[2:]))
    wobble = torch.where(kind >= 6, per_object(0.3, 0.7), per_object(0.0, 0.3))
    level = torch.addcmul(1 - distance, wobble[..., None, None, None], rough)
    thickness = per_object(0.08, 0.35)[ring][:, None, None, None]
    level[ring] = thickness - level[ring].abs()
    # A net: bands along the zero lines of a fine field, within the object's outline.
    bands = per_object(0.06, 0.25)[net][:, None, None, None] - rough[net].abs()
    wide = 1 - distance[net] * per_object(0.1, 0.5)[net][:, None, None, None]
    level[net] = torch.minimum(bands, wide)
    # A winding tube: around the curve on which two fields of one scale are zero.
    owner, _ = winding.nonzero(as_tuple=True)
    other = fields[owner, (choice[winding] + 1) % (_NOISE_FIELDS - 3)]
    away = (rough[winding].square() + other.square()).sqrt()
    width = per_object(0.12, 0.4)[winding][:, None, None, None]
    wide = 1 - distance[winding] * per_object(0.15, 0.6)[winding][:, None, None, None]
    level[winding] = torch.minimum(width - away, wide)
    return level.masked_fill_(~alive, -1.0)


def _distance(
    x: Tensor, y: Tensor, middle_x: Tensor, middle_y: Tensor, along: Tensor, across: Tensor
) -> Tensor:
    """Distance [..., side, side] from ellipses' middles, 1 on their outlines.

    Parameters
    ----------
    x, y : Tensor
        Coordinates, [..., side, side].
    middle_x, middle_y : Tensor
        [...].
    along, across : Tensor
        [2, ...]: the ellipses' axes, each divided by half its length.
    """

    def part(axis: Tensor) -> Tensor:
        offset = axis[0] * middle_x + axis[1] * middle_y
        value = torch.addcmul(-offset[..., None, None], x, axis[0][..., None, None])
        return value.addcmul_(y, axis[1][..., None, None])

    first, second = part(along), part(across)
    return first.square_().addcmul_(second, second).sqrt_()


def _lines(generator: Generator, levels: Tensor, fields: Tensor) -> Tensor:
    """Level function of thin lines that wander, cross and end over the whole view, as vessels do.

    They follow the zero lines of two fields; dividing by the slope keeps their width even.
    """
    tasks, side = len(levels), levels.shape[-1]
    level = torch.full_like(levels[:, 0], -1.0)
    calibre = torch.exp(uniform(generator, -0.9, 0.35, tasks, 1, 1, 1)) * side / 128
    for _ in range(2):
        choice = torch.randint(
            4, _NOISE_FIELDS, (2, tasks), generator=generator, device=levels.device
        )
        field, other = (fields[torch.arange(tasks, device=levels.device), c] for c in choice)
        across, along = torch.gradient(field, dim=(2, 3))
        distance = field.abs() / (across.square() + along.square()).sqrt().clamp(min=1e-3)
        width = calibre * (1 + 0.4 * fields[:, 1])
        ends = other + uniform(generator, -0.2, 0.8, tasks, 1, 1, 1)
        level = torch.maximum(level, torch.minimum(width - distance, ends))
    return level


def _kernel(generator: Generator, levels: Tensor, fields: Tensor) -> Tensor:
    """Level function of a kernel in the second object, its shell, sometimes in several lobes."""
    tasks = len(levels)
    depth = uniform(generator, 0.1, 0.6, tasks, 1, 1, 1)
    lobes = uniform(generator, 0.0, 1.2, tasks, 1, 1, 1) * fields[:, 5]
    return levels[:, 1] - depth + torch.minimum(lobes, depth)
