// One entry of the browser's history for each page that was visited.
//
// Streamlit adds an entry whenever the query of an address changes, too: leaving a page clears it, and
// the next page names its series in it. "Back" would then have to be pressed two or three times.

(() => {
  const { history } = window;
  if (history.isOneEntryForEachPage) return;
  history.isOneEntryForEachPage = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const { pathname } = new URL(url ?? "", window.location.href);
    if (pathname === window.location.pathname) history.replaceState(state, title, url);
    else push(state, title, url);
  };
})();
