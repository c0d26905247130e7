// What a person did in this tab, step by step across all slices, to take back and bring back.
//
// The server keeps the history that counts; this one shows the outcome at once. A step is
// `{number, changes: [{segment, slice, before, after}]}` with run-length codes, so that thousands
// of steps take little room.

export function createHistory() {
  let done = [];
  let undone = [];
  return {
    push(step) {
      done.push(step);
      undone = [];
    },
    /** The step that undo takes back, or null. */
    undo() {
      const step = done.pop() ?? null;
      if (step !== null) undone.push(step);
      return step;
    },
    /** The step that redo brings back, or null. */
    redo() {
      const step = undone.pop() ?? null;
      if (step !== null) done.push(step);
      return step;
    },
    /** Number of the message that made the newest step not taken back, or null. */
    newest() {
      return done.at(-1)?.number ?? null;
    },
    canUndo: () => done.length > 0,
    canRedo: () => undone.length > 0,
    clear() {
      done = [];
      undone = [];
    },
  };
}
