import { afterEach, expect, test, vi } from "vitest";
import { bands, lengths } from "../src/bands";
import { type Average, HubHistory, stretches } from "../src/history";
import { Hub, refusal } from "../src/hub";
import { LABELS } from "../src/contract";
import { Device } from "../src/device";
import { HubLessons } from "../src/lessons";
import { HubPauses } from "../src/pauses";
import { interval, payload } from "./records";

const HOUR = 3_600_000;
const NINE = Date.parse("2026-11-24T09:00:00Z");
const EMOTIONS = { angry: 0, disgust: 0, fear: 0, happy: 4, sad: 0, surprise: 0, neutral: 2 };

function average(changes: Partial<Average> = {}): Average {
  return { start: NINE, seconds: 3600, seconds_told: 3600, seconds_withheld: {}, faces: { mean: 6.5 }, emotions: EMOTIONS, unsure: 0.5, other: null, emotions_error: 1, ...changes };
}

const NOTHING = { angry: null, disgust: null, fear: null, happy: null, sad: null, surprise: null, neutral: null };

test.each([
  // 20 people: two angry ones in one record, folded into `other` in all others.
  ["an emotion that was folded for the rest of the hour", { emotions: { ...NOTHING, angry: 2, neutral: 18 }, unsure: 0, other: 2 }],
  // Half of the hour 15 happy and 5 unsure, as nearly all were happy; then 10 happy, 6 sad and 4 neutral.
  ["emotions that near-unanimity hid in the other half", { emotions: { ...NOTHING, happy: 12.5, sad: 6, neutral: 4 }, unsure: 2.5, other: null }],
])("of an hour there are only people, and no emotions of different times: %s", (_what, changes) => {
  const [stretch] = stretches([average({ faces: { mean: 20 }, ...changes })], NINE, NINE + 1, HOUR);
  expect(stretch).toMatchObject({ people: 20, labels: LABELS.map(() => null), other: null });
});

test("averages of one time stay as they are, however each of them was rounded", () => {
  const emotions = { ...NOTHING, happy: 4.02, neutral: 2.02 };
  const [folded, all] = stretches([average({ emotions, unsure: 0.49, other: 0.02 }), average({ start: NINE + HOUR, emotions: NOTHING, unsure: null, other: 6.5 })], NINE, NINE + 2 * HOUR, HOUR);
  expect(folded).toMatchObject({ labels: [null, null, null, 4.02, null, null, 2.02, 0.49], other: 0.02 });
  expect(all).toMatchObject({ people: 6.5, other: 6.5 });
});

test.each([
  ["nearly unanimous: 10 sec", { seconds_withheld: { above_max_share: 10 } }],
  ["nearly unanimous: 30 min", { seconds_withheld: { above_max_share: 1800 }, faces: { mean: 5 } }], // emotions of different times
  ["paused: 31 min", { seconds_told: 29 * 60, seconds_withheld: { paused: 31 * 60 } }],
  ["no records: 40 min", { seconds: 1200, seconds_told: 1200, seconds_withheld: { below_min_cell: 1200 } }],
])("of an hour that is drawn as one, a reason is named with the time for which it held: %s", (words, changes) => {
  const hours = stretches([average(), average({ start: NINE + HOUR, ...changes }), average({ start: NINE + 2 * HOUR })], NINE, NINE + 3 * HOUR, HOUR);
  expect(lengths(bands(hours, HOUR, false)).map((each) => each.words)).toEqual([words]);
});

/** A server that answers like this, one after the other. */
function server(...answers: [number, string, unknown][]): void {
  vi.stubGlobal("fetch", () => {
    const [status, type, body] = answers.length > 1 ? answers.shift()! : answers[0]!;
    return Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "Content-Type": type } }));
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("hours without a record are gaps between those that have some", () => {
  const found = stretches([average(), average({ start: NINE + 2 * HOUR, seconds: 900 })], NINE, NINE + 3 * HOUR, HOUR);
  expect(found.map((stretch) => [stretch.people, stretch.covered])).toEqual([[6.5, 1], [null, 0], [6.5, 0.25]]);
  expect(found[0]?.labels).toEqual([0, 0, 0, 4, 0, 0, 2, 0.5]);
});

test("an hour without emotions names what withheld them for the longest time", () => {
  const nobody = Object.fromEntries(Object.keys(EMOTIONS).map((name) => [name, null])) as Average["emotions"];
  const withheld = { emotions: nobody, unsure: null, faces: { mean: null }, seconds_withheld: { paused: 600, below_min_group: 3000 } };
  const [stretch] = stretches([average(withheld)], NINE, NINE + 1, HOUR);
  expect(stretch).toMatchObject({ people: null, why: "below_min_group", labels: LABELS.map(() => null) });
});

test.each([
  ["a hub without accounts of an earlier release", [404, "application/problem+json", { detail: "there is no such route" }], "open"],
  ["a hub without accounts", [200, "application/json", { name: "", role: "local", csrf: null, plain_http: false }], "open"],
  ["a hub that does not know who is there", [401, "application/problem+json", { detail: "log in" }], "closed"],
  ["a hub that knows", [200, "application/json", { name: "anna", role: "teacher", csrf: "x", plain_http: true }], "logged in"],
] as const)("%s is found", async (_what, answer, access) => {
  server([...answer]);
  const hub = await Hub.find(() => undefined);
  expect(hub?.access).toBe(access);
});

test.each([
  ["names its login by OpenID Connect", { connected: true, sign_in: "the school's account" }, "the school's account"],
  ["has no such login", { connected: true, sign_in: "" }, ""],
  ["is of an earlier release", { connected: true }, ""],
])("a hub that %s", async (_what, state, label) => {
  server([200, "application/json", state]);
  expect(await new Hub().signInLabel()).toBe(label);
});

test.each([
  ["says that it has no such file", [404, "text/html", "<h1>Not found</h1>"]],
  ["answers everything with its page", [200, "text/html", "<!doctype html>"]],
  ["has a password of its own", [401, "text/html", "Who is there?"]],
] as const)("a web server that %s is no hub", async (_what, answer) => {
  server([...answer]);
  expect(await Hub.find(() => undefined)).toBeUndefined();
});

test("a hub that is about to start behind a proxy is waited for, for as long as it takes", async () => {
  vi.useFakeTimers();
  const silent = vi.fn();
  server(...Array.from({ length: 20 }, (): [number, string, unknown] => [502, "text/html", "Bad gateway"]), [401, "application/problem+json", { detail: "log in" }]);
  const found = Hub.find(silent);
  await vi.runAllTimersAsync();
  expect((await found)?.access).toBe("closed");
  expect(silent).toHaveBeenCalledTimes(20);
});

test("a refusal is shown in the words of the hub", async () => {
  server([401, "application/problem+json", { detail: "name or password is wrong" }]);
  await expect(new Hub().logIn("anna", "x")).rejects.toThrow("name or password is wrong");
});

test("a hub that does not answer is named in the language of the page, also where it hangs up within an answer", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(new Hub().signInLabel()).rejects.toThrow("The hub does not answer. See whether");
  const broken = new ReadableStream({ start: (body) => body.error(new TypeError("network error")) });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(broken, { headers: { "Content-Type": "application/json" } })));
  await expect(new Hub().signInLabel()).rejects.toMatchObject({ status: 0, message: expect.stringContaining("The hub does not answer") });
});

test.each([
  ["did not answer", undefined, "It is not known whether the order was carried out. See whether the room is paused"],
  ["heard nothing of the device", [503, "application/problem+json", { detail: "the broker did not answer", code: "outcome_unknown" }], "It is not known"],
  ["was cut off by its proxy", [504, "text/html", "Gateway Timeout"], "It is not known"],
  ["refused", [403, "application/problem+json", { detail: "the role viewer may not pause" }], "The order was not carried out: the role viewer may not pause."],
] as const)("an order is not called refused where it may have been carried out: the hub %s", async (_what, answer, words) => {
  if (answer) server([...answer]);
  else vi.stubGlobal("fetch", () => Promise.reject(new DOMException("signal timed out", "TimeoutError")));
  const said = new HubPauses(new Hub()).pause(new Device({ site: "north", device: "pi" }), undefined).catch((error: unknown) => refusal(error, "pause_unknown"));
  expect(await said).toContain(words);
});

test("a pause that began before the lesson is explained by what was said then", async () => {
  const before = { time: "2026-11-24T08:58:00Z", paused_by: ["button"], light: null, picture: null };
  const health = (query: URLSearchParams) => ({ health: Date.parse(query.get("from")!) <= Date.parse(before.time) ? [before] : [] });
  routes({ records: { records: [], next: null }, health });
  const device = new Device({ site: "north", device: "pi" });
  await new HubHistory(new Hub()).lesson(device, NINE, NINE + HOUR);
  expect(device.circumstances.sources(NINE, NINE + 60_000)).toEqual(["button"]);
});

test("a long lesson is read to its end, and one that has no end is said to have none", async () => {
  const device = new Device({ site: "north", device: "pi" });
  const times = (seq: number) => Object.fromEntries(["start", "end"].map((name, place) => [name, new Date(NINE + (seq + place) * 10_000).toISOString().replace(".000", "")]));
  const pages = (last: number) => (query: URLSearchParams) => {
    const page = Number(query.get("after") ?? 0);
    return { records: [payload({ seq: page, ...times(page) })], next: page < last ? String(page + 1) : null };
  };
  routes({ records: pages(9) });
  const series = await new HubHistory(new Hub()).lesson(device, NINE, NINE + HOUR);
  expect(series.between(NINE, interval(9).end).filter(({ people }) => people === 6)).toHaveLength(10);
  routes({ records: pages(Infinity) });
  await expect(new HubHistory(new Hub()).lesson(device, NINE, NINE + HOUR)).rejects.toThrow("more than 100,000 records");
});

test("the summary of a lesson with nobody in it is read", async () => {
  const fact = { code: "share", group: "smiling", people: 0, share: null, error: null, error_share: null };
  server([200, "application/json", { lesson: null, facts: [fact], changes: [], usual: null }]);
  const { facts } = await new HubLessons(new Hub()).summary(new Device({ site: "north", device: "pi" }), NINE, NINE + HOUR);
  expect(facts).toMatchObject([{ code: "share", people: 0, share: null }]);
});

/** A server that has one answer for each route, or one that depends on the request. */
function routes(answers: Record<string, unknown>): void {
  vi.stubGlobal("fetch", (url: string) => {
    const { pathname, searchParams } = new URL(url, "http://hub/");
    const found = answers[pathname.replace("/api/v1/", "")];
    const body: unknown = typeof found === "function" ? found(searchParams) : (found ?? { health: [] });
    return Promise.resolve(new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } }));
  });
}

test("practice is in no course of a past lesson", async () => {
  routes({ records: { records: [payload({ practice: true }), payload({ seq: 1, start: "2026-11-24T09:00:10Z", end: "2026-11-24T09:00:20Z" })], next: null } });
  const series = await new HubHistory(new Hub()).lesson(new Device({ site: "north", device: "pi" }), NINE, NINE + HOUR);
  expect(series.between(NINE, interval(1).end).map(({ people }) => people)).toEqual([null, 6]);
});
