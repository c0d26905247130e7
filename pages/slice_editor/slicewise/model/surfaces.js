// The surfaces of all segments: asking for them, and what came.
//
// `{request, next, shown}`: number of the request without an answer or null, the next number, and
// the newest surfaces as `unpackSurfaces` returns them, or null.

const ASK_AGAIN_MS = 5000;

export const createSurfaces = () => ({ request: null, next: 1, shown: null, askedAt: -Infinity });

/** Asks for the surfaces as they are now, with the next message. */
export function askForSurfaces(surfaces, now) {
  Object.assign(surfaces, { request: surfaces.next, next: surfaces.next + 1, askedAt: now });
}

/** Whether an answer has been due for long: Streamlit passes on the later of two messages in a row. */
export function isAnswerLost({ request, askedAt }, now) {
  return request !== null && now - askedAt > ASK_AGAIN_MS;
}

/** Takes in what the server sent, of the masks as they are in a revision of an epoch. */
export function receiveSurfaces(surfaces, header, take, { epoch, revision }) {
  const shown = { ...unpackSurfaces(header, take), of: { epoch, revision } };
  if (header.request !== surfaces.request) return;
  Object.assign(surfaces, { request: null, shown });
}

/**
 * Surfaces as pages/slice_editor/outgoing_surfaces.py packs them.
 *
 * @returns {object} The header, and in each of its `meshes` `x`, `y`, `z` of the vertices in mm, and
 *   the triangles `drawn` and `proposed`, three lists of vertices each.
 */
function unpackSurfaces({ meshes, ...header }, take) {
  return {
    ...header,
    meshes: meshes.map(({ segment, vertices, drawn, proposed, bytes }) => {
      const { buffer } = take(bytes);
      let at = 0;
      const next = (Kind, count) => {
        const part = new Kind(buffer, at, count);
        at += part.byteLength;
        return part;
      };
      const [x, y, z] = [1, 2, 3].map(() => next(Float32Array, vertices));
      const triangles = (count) => [1, 2, 3].map(() => next(Int32Array, count));
      return { segment, x, y, z, drawn: triangles(drawn), proposed: triangles(proposed) };
    }),
  };
}

/** The slice that a point [x, y, z] in the patient is nearest to. */
export function sliceNear({ positions, normal }, point) {
  const along = (place) => place.reduce((sum, value, axis) => sum + value * normal[axis], 0);
  const distance = (slice) => Math.abs(along(positions[slice]) - along(point));
  return positions.reduce((best, _, slice) => (distance(slice) < distance(best) ? slice : best), 0);
}

/** Corners of a slice, the first again at the end. */
export function cornersOf({ positions, across, down }, slice) {
  const corner = (x, y) => positions[slice].map((value, axis) => value + x * across[axis] + y * down[axis]);
  return [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1), corner(0, 0)];
}
