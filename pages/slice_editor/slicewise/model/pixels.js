// Slices as they travel: deflated differences between neighbouring pixels, see pixels.py.

const MOST_BYTES = 256 * 2 ** 20;

/** Numbers 0 to 65535, row by row; value = offset + slope × number. */
export async function unpackPixels(bytes, rows, columns) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const size = rows * columns;
  if (planes.length !== 2 * size) throw new RangeError("The pixels of a slice are incomplete.");
  const numbers = new Uint16Array(size);
  for (let row = 0, place = 0; row < rows; row++) {
    let number = 0;
    for (let column = 0; column < columns; column++, place++) {
      number = (number + planes[place] + (planes[size + place] << 8)) & 0xffff;
      numbers[place] = number;
    }
  }
  return numbers;
}

/** Slices that are here already; the ones farthest from the slice shown go first, unless `soon` names them. */
export function createPixelStore(rows, columns) {
  const slices = new Map();
  const most = Math.max(12, Math.floor(MOST_BYTES / (2 * rows * columns)));
  return {
    has: (slice) => slices.has(slice),
    get: (slice) => slices.get(slice) ?? null,
    put(slice, numbers, current, soon = []) {
      slices.set(slice, numbers);
      if (slices.size <= most) return;
      const farthest = [...slices.keys()].filter((one) => !soon.includes(one)).reduce((one, other) =>
        Math.abs(one - current) >= Math.abs(other - current) ? one : other,
      );
      slices.delete(farthest);
    },
  };
}
