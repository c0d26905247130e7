// Fetches scripts that the page needs later: a menu can be opened while the server is away.

const RETRY_AFTER_MS = 2000;

/** Fetches the scripts one after the other, each until it is here. */
export async function fetchAhead(addresses) {
  for (const address of addresses) {
    while (!(await isHere(address))) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
    }
  }
}

async function isHere(address) {
  try {
    await import(new URL(address, location.origin));
    return true;
  } catch {
    return false;
  }
}
