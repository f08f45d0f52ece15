import { expect, test } from "vitest";
import { bands, lengths } from "../src/bands";
import { Circumstances } from "../src/circumstances";
import { LABELS } from "../src/contract";
import { alike, strongest, value } from "../src/groups";
import { stacked } from "../src/paint";
import { endOf, isOver, visible } from "../src/period";
import { Series } from "../src/series";
import { steps } from "../src/stretch";
import { interval, WITHHELD } from "./records";

const NOBODY = WITHHELD.emotions;
const MINUTE = 60_000;
/** Nearly unanimous, as a device publishes it: the largest value that is allowed, and the rest unsure. */
const UNANIMOUS = { suppressed: "above_max_share", emotions: { ...NOBODY, happy: 4 }, unsure: 2 };
const FOLDED = { suppressed: "below_min_cell", emotions: { ...NOBODY, happy: 4 }, unsure: null, other: 2 };

/** The course of these records, one after the other; null: there is none. */
function course(...changes: (Record<string, unknown> | null)[]) {
  const series = new Series(10_000, 600);
  for (const [number, each] of changes.entries()) if (each) series.add(interval(number, each));
  return series.between(interval(0).start, interval(changes.length - 1).end);
}

function drawn(...changes: (Record<string, unknown> | null)[]) {
  return steps(course(...changes), 10_000, MINUTE).map(({ from, until, mean }) => ({ from: (from - interval(0).start) / 1000, until: (until - interval(0).start) / 1000, mean }));
}

test("a single interval is drawn as long as it was", () => {
  expect(drawn({}).map(({ from, until, mean }) => [from, until, mean.people])).toEqual([[0, 10, 6]]);
});

test("a room that hovers around the smallest group is drawn wherever it was published, and nowhere else", () => {
  const found = drawn({}, WITHHELD, {}, WITHHELD, WITHHELD, {});
  expect(found.map(({ from, until }) => [from, until])).toEqual([[0, 10], [20, 30], [50, 60]]);
});

test("ten seconds are smoothed to a minute, and withheld ones lower no average", () => {
  const faces = (mean: number) => ({ faces: { mean, max: 9 } });
  const found = drawn(faces(6), faces(8), WITHHELD, faces(7), faces(7), faces(7), faces(3));
  expect(found.map(({ mean }) => mean.people)).toEqual([7, 7, 3]);
});

test("small numbers that are published as a sum are drawn, and add up to the people", () => {
  const [step] = steps(course(FOLDED), 10_000, MINUTE);
  const order = strongest([step!.mean], "all");
  expect(value(step!.mean, "other")).toBeCloseTo(2);
  expect(Math.max(...stacked(order).map((layer) => layer.at(step!)?.[1] ?? 0))).toBeCloseTo(6);
});

test("an emotion that a part of a minute lacks is not mixed into another group", () => {
  const found = drawn({}, FOLDED, {});
  expect(found.map(({ mean }) => value(mean, "neutral"))).toEqual([1.5, null, 1.5]);
});

test("a nearly unanimous record is drawn, and its time is named", () => {
  const stretches = course({}, UNANIMOUS, {});
  expect(steps(stretches, 10_000, MINUTE).map(({ mean }) => value(mean, "happy"))).toEqual([4, 4, 4]);
  expect(bands(stretches, 10_000, false).map(({ reason }) => reason)).toEqual(["above_max_share"]);
});

test("a device that only counts people has a course of people", () => {
  const [step] = drawn({ mode: "presence", emotions: NOBODY, unsure: null });
  expect(step!.mean).toMatchObject({ people: 6, labels: LABELS.map(() => null), other: null });
});

test("the strongest group comes first, and unsure last", () => {
  const mix = { labels: [0, 0, 0, 4, 9, 0, 2, 20], other: null };
  expect(strongest([mix], "all").slice(0, 3)).toEqual(["sad", "happy", "neutral"]);
  expect(strongest([mix], "few")).toEqual(["rest", "happy", "neutral", "unsure"]);
});

test("two groups that are nearly as strong keep their places", () => {
  const mix = (happy: number) => [{ labels: [0, 0, 0, happy, 0, 0, 5, 0], other: null }];
  const before = strongest(mix(4.9), "few");
  expect(strongest(mix(5.2), "few", before)).toEqual(before);
  expect(strongest(mix(6), "few", before)[0]).toBe("happy");
});

test("a second view of the page has the groups in the order of the first, and unsure last", () => {
  expect(alike(["happy", "rest", "neutral", "unsure"], ["rest", "neutral", "happy", "unsure"])).toEqual(["rest", "neutral", "happy", "unsure"]);
  expect(alike(["happy", "other", "neutral", "unsure"], ["neutral", "happy", "rest", "unsure"])).toEqual(["neutral", "happy", "other", "unsure"]);
  expect(alike(["happy", "neutral"], [])).toEqual(["happy", "neutral"]);
});

test("the chart shows neither an empty beginning nor the interval that is not over", () => {
  const stretches = course(null, null, {}, null, {}, null, null);
  expect(visible(stretches, false)).toEqual(stretches.slice(2, 5));
  expect(visible(stretches, true)).toEqual(stretches.slice(2));
});

test("what is to come of a time that goes on is neither drawn nor missing, however long ago it began", () => {
  const [from, now, until] = [interval(0).start, interval(800).start, interval(1200).start];
  const period = { kind: "past", from, until } as const;
  expect([endOf(period, now), isOver(period, now)]).toEqual([now, false]);
  expect([endOf(period, until), isOver(period, until)]).toEqual([until, true]);
  expect([endOf(period, until + 1), isOver(period, until + 1)]).toEqual([until, true]);
});

test("an outage is named with its length; what may be on its way is none", () => {
  expect(lengths(bands(course({}, null, null, null, {}, null), 10_000, false)).map(({ words }) => words)).toEqual(["no records: 30 sec"]);
  expect(lengths(bands(course({}, null, null), 10_000, true)).map(({ words }) => words)).toEqual(["no records: 20 sec"]);
});

test("of two minutes that are drawn as one, a reason is named with the time for which it held", () => {
  const day = new Series(120_000, 720);
  for (let number = 0; number < 12; number++) day.add(interval(number, number === 4 ? UNANIMOUS : {}));
  day.add(interval(12, UNANIMOUS));
  day.add(interval(14, UNANIMOUS));
  const named = lengths(bands(day.between(interval(0).start, interval(14).end), 120_000, false));
  expect(named.map(({ words }) => words)).toEqual(["nearly unanimous: 30 sec"]);
});

test("since when a pause goes on is said only where its begin was seen", () => {
  const circumstances = new Circumstances();
  const good = { light: "good", picture: "good" } as const;
  expect(circumstances.pausedSince()).toBeUndefined();
  circumstances.learn(interval(5).start, { ...good, paused_by: ["button"] });
  expect(circumstances.pausedSince()).toBeUndefined();
  circumstances.learn(interval(1).start, { ...good, paused_by: [] }); // of the history, and read later
  circumstances.learn(interval(7).start, { ...good, paused_by: ["button", "schedule"] });
  expect(circumstances.pausedSince()).toBe(interval(5).start);
  circumstances.learn(interval(9).start, { ...good, paused_by: [] });
  expect(circumstances.pausedSince()).toBeUndefined();
});

test("what a device said on another day explains nothing, and what it says again and again holds", () => {
  const circumstances = new Circumstances();
  const good = { light: "good", picture: "good" } as const;
  const day = 24 * 60 * MINUTE;
  circumstances.learn(interval(0).start - day, { ...good, paused_by: ["schedule"] });
  expect(circumstances.sources(interval(0).start, interval(9).end)).toEqual([]);
  circumstances.learn(interval(0).start - day + MINUTE, { ...good, paused_by: [] });
  circumstances.learn(interval(0).start, { ...good, paused_by: ["button"] });
  expect(circumstances.pausedSince()).toBeUndefined(); // it may have begun long before
  for (let minute = 0; minute <= 60; minute += 10) circumstances.learn(interval(0).start + minute * MINUTE, { ...good, paused_by: ["button"] });
  expect(circumstances.sources(interval(0).start + 65 * MINUTE, interval(0).start + 70 * MINUTE)).toEqual(["button"]);
  expect(circumstances.sources(interval(0).start + 75 * MINUTE, interval(0).start + 80 * MINUTE)).toEqual([]);
});

test("a pause names what paused, and a time without pictures names what hid the people", () => {
  const circumstances = new Circumstances();
  circumstances.learn(interval(1).start, { light: "good", picture: "good", paused_by: ["schedule"] });
  circumstances.learn(interval(40).start, { light: "too_dark", picture: "too_dark", paused_by: [] });
  const dark = { ...WITHHELD, suppressed: "not_observed" };
  const stretches = course({}, ...Array(20).fill({ ...WITHHELD, suppressed: "paused" }), ...Array(19).fill({}), dark, {});
  const named = () => lengths(bands(stretches, 10_000, false, circumstances, pauses)).map(({ words }) => words);
  let pauses: { by: string; from: number; until: number }[] = [];
  expect(named()).toEqual(["paused by the schedule: 3 min", "too dark: 10 sec"]);
  pauses = [{ by: "anna", from: interval(0).start, until: interval(30).end }];
  expect(named()[0]).toBe("paused by anna: 3 min");
});
