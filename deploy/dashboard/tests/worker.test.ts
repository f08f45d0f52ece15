import { expect, test, vi } from "vitest";

const SCOPE = "https://school/page/";

/** The caches of a browser, by the names of files. */
class Caches {
  readonly kept = new Map<string, Response>();

  open() {
    const name = (file: string | { url: string }) => (typeof file === "string" ? file : file.url.replace(SCOPE, ""));
    const add = async (request: { url: string }) => {
      const answer = await fetch(request.url);
      if (!answer.ok) throw new TypeError("bad answer");
      this.kept.set(name(request), answer);
    };
    return Promise.resolve({
      add,
      addAll: (requests: { url: string }[]) => Promise.all(requests.map(add)),
      put: (file: string, answer: Response) => Promise.resolve(this.kept.set(file, answer)),
      match: (file: string) => Promise.resolve(this.kept.get(file)?.clone()),
    });
  }
}

/** A worker that was started in a browser, and what it answers. */
async function start(): Promise<(kind: string, path?: string) => Promise<Response | undefined>> {
  const listeners = new Map<string, (event: unknown) => void>();
  vi.stubGlobal("self", { registration: { scope: SCOPE }, skipWaiting: () => Promise.resolve(), addEventListener: (kind: string, listener: () => void) => listeners.set(kind, listener) });
  vi.stubGlobal("caches", new Caches());
  vi.stubGlobal("FILES", ["index.html", "config.json", "locales/en.json"]);
  vi.stubGlobal("RELEASE", "1");
  vi.stubGlobal("Request", class {
    readonly url: string;
    constructor(file: string) {
      this.url = SCOPE + file;
    }
  });
  const module = "../worker/worker.ts"; // of another kind of program, with types of its own
  await import(/* @vite-ignore */ module);
  return async (kind, path) => {
    let answer: Promise<Response> | undefined;
    let done: Promise<unknown> | undefined;
    const request = { method: "GET", url: `${SCOPE}${path}` };
    listeners.get(kind)!({ request, waitUntil: (promise: Promise<unknown>) => (done = promise), respondWith: (promise: Promise<Response>) => (answer = promise) });
    await done;
    return answer;
  };
}

test("a language of the school's own opens without a network, also that of an earlier visit", async () => {
  const files: Record<string, string> = { "index.html": "page", "config.json": '{"languages": {"en": "English", "nl": "Nederlands", "it": "Italiano"}}', "locales/en.json": "{}", "locales/nl.json": '{"school": "School"}' };
  let online = true;
  vi.stubGlobal("fetch", (asked: string | { url: string }) => {
    const body = files[(typeof asked === "string" ? asked : asked.url).replace(SCOPE, "")];
    return online ? Promise.resolve(new Response(body ?? "", { status: body === undefined ? 404 : 200 })) : Promise.reject(new TypeError("Failed to fetch"));
  });
  const ask = await start();
  await ask("install");
  files["locales/it.json"] = '{"school": "Scuola"}'; // the file comes after its name
  expect(await (await ask("fetch", "locales/it.json"))?.text()).toContain("Scuola");
  online = false;
  for (const [language, words] of [["nl", "School"], ["it", "Scuola"], ["en", "{}"]]) expect(await (await ask("fetch", `locales/${language}.json`))?.text()).toContain(words);
  expect(await ask("fetch", "api/v1/records")).toBeUndefined();
  await expect(ask("fetch", "locales/pt.json")).rejects.toThrow("Failed to fetch");
});
