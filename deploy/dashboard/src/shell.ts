/** Lets the page itself open without a network: a service worker keeps its files (worker/worker.ts), and nothing else. */
const LOOK_EVERY = 3_600_000;

/**
 * Begin; where there is no service worker, the page works without: it needs HTTPS or this machine, and a web server that
 * names the type of a script.
 * @param renewed is called when another release has taken the place of the one that this page shows
 */
export function keepShell(renewed: () => void): void {
  if (import.meta.env.DEV || !("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  let replaced = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (replaced) renewed();
    replaced = true;
  });
  serviceWorker
    .register("sw.js", { updateViaCache: "none" })
    .then((shell) => setInterval(() => void shell.update().catch(() => undefined), LOOK_EVERY)) // no network: the next look
    .catch(() => undefined);
}
