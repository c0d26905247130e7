// How the segments are shown in this tab, and which of them are locked. The server keeps it for the
// next visit: core/home/segment_display.py.

/**
 * @param {object} kept What `describe` returned at an earlier visit.
 */
export function createSegmentDisplay({ locked, hidden, solo, opacities, order }) {
  const own = { locked: new Set(locked), hidden: new Set(hidden), solo, opacities: new Map(opacities), order };
  const isShown = (number) => (own.solo === null ? !own.hidden.has(number) : own.solo === number);
  return {
    isLocked: (number) => own.locked.has(number),
    isSolo: (number) => own.solo === number,
    isShown,
    /** Share of the opacity of all masks. */
    opacityOf: (number) => own.opacities.get(number) ?? 1,
    /** Locks a segment, or unlocks it. */
    lock: (number) => own.locked.delete(number) || own.locked.add(number),
    /** Hides a segment, or shows it; then no other one is shown alone any more. */
    hide(number) {
      if (isShown(number)) own.hidden.add(number);
      else own.hidden.delete(number);
      own.solo = null;
    },
    /** Shows one segment alone, or all by their own settings again. */
    solo(number) {
      own.solo = own.solo === number ? null : number;
    },
    /** Another segment is worked on: where one was shown alone, that is it now. */
    follow(number) {
      if (own.solo !== null) own.solo = number;
    },
    setOpacity(number, share) {
      if (share === 1) own.opacities.delete(number);
      else own.opacities.set(number, share);
    },
    /** Segments, `{number}`, as the list has them: those that were moved first, then by number. */
    sorted(segments) {
      const places = new Map(own.order.map((number, place) => [number, place]));
      const placeOf = ({ number }) => places.get(number) ?? own.order.length + number;
      return segments.toSorted((one, other) => placeOf(one) - placeOf(other));
    },
    /** Moves a segment among others by a number of places. */
    move(segments, number, steps) {
      const numbers = this.sorted(segments).map((one) => one.number);
      const from = numbers.indexOf(number);
      const to = Math.min(Math.max(from + steps, 0), numbers.length - 1);
      numbers.splice(to, 0, ...numbers.splice(from, 1));
      own.order = numbers;
    },
    /** As the server keeps it. */
    describe: () => ({
      locked: [...own.locked],
      hidden: [...own.hidden],
      solo: own.solo,
      opacities: [...own.opacities],
      order: own.order,
    }),
  };
}
