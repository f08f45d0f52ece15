/** The service worker: keeps the files of one release of the page and what the school adds, so that it opens without a network. Records are never kept. */
export {};

declare const self: ServiceWorkerGlobalScope;
/** Set by the build: the files of this release, and a digest of all of them. */
declare const FILES: string[];
declare const RELEASE: string;

/** One server may have several of these pages, each in a folder of its own. */
const PREFIX = `emotion-edge-shell ${self.registration.scope} `;
const SHELL = `${PREFIX}${RELEASE}`;
const PAGE = "index.html";
/** The school edits it, or has none. */
const CONFIG = "config.json";
/** The file of a language; those of the school's own are none of the release. */
const LOCALE = /^locales\/[\w-]+\.json$/;
/** Files whose name changes with their content. */
const HASHED = "assets/";
/** Milliseconds. A network that is there but says nothing must not keep the page from opening. */
const PATIENCE = 4_000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const shell = await caches.open(SHELL);
      const fresh = (file: string) => new Request(file, { cache: "no-cache" });
      await shell.addAll(FILES.filter((file) => file !== CONFIG).map(fresh)); // all of them, or none
      await shell.add(fresh(CONFIG)).catch(() => undefined);
      for (const file of await own(shell)) await shell.add(fresh(file)).catch(() => undefined);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const former = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== SHELL);
      await Promise.all(former.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const file = fileOf(event.request);
  if (file) event.respondWith(file.startsWith(HASHED) ? keptFirst(event.request, file) : networkFirst(event.request, file));
});

/** Which file of the shell is asked for; undefined: none, so that the browser asks the network, and nothing is kept. */
function fileOf(request: Request): string | undefined {
  const scope = self.registration.scope;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return undefined;
  const path = request.url.slice(scope.length).replace(/[?#].*$/, "") || PAGE;
  return FILES.includes(path) || LOCALE.test(path) ? path : undefined;
}

/** Files of the languages that the school added: without them the page would not open in these. */
async function own(shell: Cache): Promise<string[]> {
  const config: { languages?: Record<string, string> } | undefined = await (await shell.match(CONFIG))?.json().catch(() => undefined);
  const files = Object.keys(config?.languages ?? {}).map((language) => `locales/${language}.json`);
  return files.filter((file) => LOCALE.test(file) && !FILES.includes(file));
}

async function keptFirst(request: Request, file: string): Promise<Response> {
  return (await kept(file)) ?? fetch(request);
}

/** So a new release is there at once: the kept one is for a network that fails. */
async function networkFirst(request: Request, file: string): Promise<Response> {
  const asked = fetch(request);
  try {
    const answer = await Promise.race([asked, patience()]);
    if ((file === CONFIG || !FILES.includes(file)) && answer.ok) await (await caches.open(SHELL)).put(file, answer.clone());
    if (answer.status < 500) return answer;
  } catch {
    // no network
  }
  return (await kept(file)) ?? asked;
}

async function kept(file: string): Promise<Response | undefined> {
  return (await caches.open(SHELL)).match(file);
}

function patience(): Promise<never> {
  return new Promise((_resolve, reject) => setTimeout(reject, PATIENCE));
}
