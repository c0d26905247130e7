// What the server sends at once: length of the header, JSON header, binary parts.

export function openMessage(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  return {
    header,
    /** The next part; they come in the order in which the header speaks of them. */
    take(size) {
      at += size;
      // A copy, so that a few runs do not keep megabytes of pixels in memory.
      return bytes.slice(at - size, at);
    },
  };
}
