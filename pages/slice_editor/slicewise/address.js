// The slice in the address of the page, so that the address, kept or passed on, opens it again.

const WRITTEN_AFTER_MS = 300; // of rest: browsers refuse to change the address too often

let waiting = 0;

/** Names a slice, counted from 0, in the address once the person stays on it. */
export function nameSliceInAddress(slice) {
  clearTimeout(waiting);
  const { pathname } = window.location;
  waiting = setTimeout(() => {
    const address = new URL(window.location.href);
    // The person may have gone on to another page meanwhile.
    if (address.pathname !== pathname || !address.searchParams.has("series")) return;
    address.searchParams.set("slice", String(slice + 1));
    window.history.replaceState(window.history.state, "", address);
  }, WRITTEN_AFTER_MS);
}
