import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Hub } from "../src/hub";
import { LastRead } from "../src/lastread";
import { School } from "../src/school";
import { Stream } from "../src/stream";

const MINUTE = 60_000;

/** The page's tab, and the storage and the event source of a browser. */
class Tab extends EventTarget {
  hidden = false;

  hide(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

class Source extends EventTarget {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 1;

  constructor() {
    super();
    Source.all.push(this);
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }
}

let tab: Tab;
let kept: Map<string, string>;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T12:00:00Z") });
  tab = new Tab();
  kept = new Map();
  Source.all = [];
  vi.stubGlobal("document", tab);
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
  vi.stubGlobal("fetch", (url: string) => Promise.resolve(new Response(JSON.stringify(url.includes("state") ? { connected: true, problem: "" } : { devices: [] }), { headers: { "Content-Type": "application/json" } })));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a tab that nobody sees lets go of its connection, and does not say later that it read all the time", async () => {
  const lastRead = new LastRead();
  const links: string[] = [];
  const link = (found: string) => {
    links.push(found);
    lastRead.link = found === "connected";
  };
  const stream = new Stream(new Hub(), new School("emotion-edge/v1", () => undefined), { link, complete: () => undefined, refused: () => undefined });
  Source.all[0]!.dispatchEvent(new Event("open"));
  await vi.advanceTimersByTimeAsync(0);
  expect(links.at(-1)).toBe("connected");
  tab.hide(true);
  await vi.advanceTimersByTimeAsync(30 * MINUTE);
  expect(links.at(-1)).toBe("hub_connecting");
  expect(lastRead.time).toBe(Date.parse("2026-11-24T12:01:00Z"));
  tab.hide(false);
  expect(Source.all.map(({ readyState }) => readyState)).toEqual([Source.CLOSED, 1]);
  stream.close();
});

test("a machine that slept did not read meanwhile", async () => {
  const lastRead = new LastRead();
  lastRead.link = true;
  await vi.advanceTimersByTimeAsync(3 * MINUTE);
  vi.setSystemTime(Date.parse("2026-11-24T18:00:00Z"));
  await vi.advanceTimersByTimeAsync(MINUTE); // the connection is not known to be dead yet
  lastRead.link = false;
  expect(lastRead.time).toBe(Date.parse("2026-11-24T12:03:00Z"));
  lastRead.link = true;
  expect(lastRead.time).toBe(Date.now());
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  vi.setSystemTime(Date.now() + 60 * MINUTE);
  await vi.advanceTimersByTimeAsync(4 * MINUTE); // the connection outlived a nap
  expect(kept.get("last_read")).toBe(String(Date.now()));
});
