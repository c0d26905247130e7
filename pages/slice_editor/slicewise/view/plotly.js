// plotly.js, fetched from our own server when it is first needed.

const SCRIPT = "../../../../scripts/plotly.min.js"; // from the folder of the component's files

let loading = null;

/** The library, as a promise; asked again after it could not be fetched. */
export function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(SCRIPT, import.meta.url);
    script.addEventListener("load", () => resolve(globalThis.Plotly));
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error("The view in three dimensions could not be loaded."));
    });
    document.head.append(script);
  });
  return loading;
}
