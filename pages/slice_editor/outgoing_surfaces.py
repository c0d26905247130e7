"""Messages to the editor about the surfaces of all segments, for its view in three dimensions."""

from collections.abc import Mapping
from typing import Any

from core.annotation.run_length import decode_runs
from core.annotation.states import SliceState
from core.annotation.store import SliceAnnotation
from pages.session.volume_preview import PREVIEW_SEGMENT
from pages.session.work import Work
from pages.slice_editor.client_state import ClientState, Place
from pages.slice_editor.incoming import Outbox

_LEAST_VOXELS = 250_000  # of each surface, however many there are


def surfaces_message(
    work: Work,
    client_state: ClientState,
    outbox: Outbox,
    annotation: Mapping[Place, SliceAnnotation],
    parts: list[bytes],
) -> dict[str, Any] | None:
    """Compute the surfaces of all segments where the browser asks for them.

    Parameters
    ----------
    work : Work
        Series being worked on.
    client_state : ClientState
        Of this session; updated.
    outbox : Outbox
        The last message from the browser.
    annotation : mapping
        What the editor shows, by place.
    parts : list of bytes
        For each surface, x, y and z of its vertices (float32), then the three vertices of its
        drawn triangles and those of its proposed ones (int32), are added to it as one part.

    Returns
    -------
    dict or None
        Where slices lie in the patient, and how long the parts are; None where nothing is asked.
    """
    request = outbox.wanted.surfaces
    if request is None or not client_state.is_due(outbox, "surfaces", 0, request):
        return None
    # Importing scikit-image takes half a second, which only those wait for who look.
    from core.display.surface_parts import part_surface
    from core.display.surfaces import MOST_VOXELS, make_surface

    geometry = work.series.geometry
    slices_of: dict[int, dict[int, SliceAnnotation]] = {}
    for (segment, index), one in annotation.items():
        if one.runs is not None and segment != PREVIEW_SEGMENT:
            slices_of.setdefault(segment, {})[index] = one
    most = max(_LEAST_VOXELS, MOST_VOXELS // max(1, len(slices_of)))
    meshes = []
    for segment, slices in sorted(slices_of.items()):
        masks = (
            (index, decode_runs(one.runs, one.shape))
            for index, one in slices.items()
            if one.runs is not None
        )
        surface = make_surface(masks, geometry, most)
        proposed = [i for i, one in slices.items() if one.state is SliceState.PROPOSED]
        vertices, *faces = part_surface(surface, proposed, geometry)
        parts.append(b"".join(one.T.tobytes() for one in (vertices, *faces)))
        meshes.append(
            {
                "segment": segment,
                "vertices": len(vertices),
                "drawn": len(faces[0]),
                "proposed": len(faces[1]),
                "bytes": len(parts[-1]),
            }
        )
    return {
        "request": request,
        "meshes": meshes,
        "positions": geometry.positions.round(3).tolist(),
        "normal": geometry.normal.tolist(),
        "across": (geometry.row_direction * geometry.pixel_spacing[1] * geometry.columns).tolist(),
        "down": (geometry.column_direction * geometry.pixel_spacing[0] * geometry.rows).tolist(),
    }
