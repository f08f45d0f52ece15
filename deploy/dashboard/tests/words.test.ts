import { expect, test } from "vitest";
import { read } from "../src/contract";
import { Device } from "../src/device";
import { totalWords } from "../src/glance";
import { silence } from "../src/silence";
import { attention, excuse, failure, hiddenRefusals, light, picture, uncertainty, withheldMessages } from "../src/words";
import { interval, WITHHELD } from "./records";

const PLACE = { site: "north", device: "pi" };
const HEALTH = { device: "pi", observer: "running", camera: null, frames_per_second: 2, backlog: 0, dropped: 0, clock: "synced", soc_celsius: null };

/** A device that published this health, and then nobody was observed. */
function device(changes: Record<string, unknown> = {}): Device {
  const health = read(PLACE, "health", new TextEncoder().encode(JSON.stringify({ ...HEALTH, ...changes })));
  const known = new Device(PLACE);
  known.take(health!, 0);
  known.take({ kind: "record", record: interval(0, { ...WITHHELD, suppressed: "not_observed" }) }, 0);
  return known;
}

test("the error that the device published is shown, of all people in view", () => {
  const text = uncertainty(interval(0, { faces: { mean: 21.4, max: 24 }, emotions_error: 3.2 }));
  expect(text).toContain("Up to 3.2 of the 21.4 people");
});

test("an error that is not known is not made up", () => {
  const text = uncertainty(interval(0, { emotions_error: null }));
  expect(text).toContain("not known");
  expect(text).not.toMatch(/\d/);
});

test.each([
  ["is withheld", { suppressed: "below_min_group", faces: { mean: null, max: null }, emotions_error: null }],
  ["is of an empty room", { faces: { mean: 0, max: 0 }, emotions_error: 0 }],
  ["is of people alone", { mode: "presence", emotions_error: null }],
])("a record that %s says nothing of an error", (_what, changes) => {
  expect(uncertainty(interval(0, changes))).toBeUndefined();
});

test("darkness is named as the reason, and not taken for an empty room", () => {
  expect(excuse(device({ light: "too_dark" }), 1)).toBe("It is too dark to find faces. This does not mean that the room is empty.");
  expect(excuse(device({ light: "good" }), 1)).toContain("No picture was analysed");
  expect(light(device({ light: "dim" }))).toContain("may miss faces");
});

test.each([
  ["out_of_focus", "out of focus"],
  ["upside_down", "upside down"],
  ["on_its_side", "on its side"],
] as const)("a picture that is %s is named, and needs attention", (condition, words) => {
  const blind = device({ picture: condition });
  expect(excuse(blind, 1)).toContain(words);
  expect(picture(blind)).toBe(words);
  expect(attention(blind)).toEqual([excuse(blind, 1)]);
});

test("a window behind the people is named, and needs nobody at once", () => {
  const blinded = device({ picture: "backlit" });
  expect(picture(blinded)).toContain("may miss faces");
  expect(attention(blinded)).toEqual([]);
});

test.each(["cropped", "backlit"])("a picture that is %s is not named as the reason of missing numbers", (condition) => {
  expect(excuse(device({ picture: condition }), 1)).toContain("No picture was analysed");
});

test("what the broker does not accept is named", () => {
  expect(withheldMessages(device({ withheld_messages: ["discovery", "info"] }))).toBe("description for Home Assistant, facts about the device");
  expect(withheldMessages(device({ withheld_messages: [] }))).toBeUndefined();
});

test.each([
  ["lost records, of all causes together", { lost: [{ cause: "spool_damaged", records: 1200 }, { cause: "spool_replaced", records: 34 }] }, "1,234"],
  ["records that nobody had subscribed to", { without_subscriber: 7 }, "nobody had subscribed to them: 7."],
  ["a device that can hardly open a file", { descriptors_free: 10 }, "may still open: 10."],
])("%s need attention", (_what, changes, words) => {
  const [sentence, ...others] = attention(device(changes));
  expect(sentence).toContain(words);
  expect(others).toEqual([]);
});

test("nothing needs attention where nothing is lost and there are files enough", () => {
  expect(attention(device({ lost: [], without_subscriber: 0, descriptors_free: 20, refusals_visible: false }))).toEqual([]);
});

test("a broker that does not report refusals is named, and only that one", () => {
  expect([false, true, null].map((visible) => hiddenRefusals(device({ refusals_visible: visible })))).toEqual([expect.stringContaining("access list"), undefined, undefined]);
});

test("a device of an earlier release says none of these, and nothing is made up", () => {
  expect([light(device()), withheldMessages(device()), hiddenRefusals(device())]).toEqual([undefined, undefined, undefined]);
  expect(attention(device())).toEqual([]);
});

test("a device that counts is not called silent; one that left says since when, how it ended, and what to do", () => {
  const info = { ...PLACE, room: "B12", version: "0.3.0", interval_seconds: 10, model: null, last_exit: "crash or power loss" };
  const known = new Device(PLACE);
  known.take({ kind: "info", info }, 0);
  known.take({ kind: "record", record: interval(0) }, 0);
  expect(silence(known, 1, false)).toEqual([]);
  known.take({ kind: "status", online: false }, 2);
  expect(silence(known, 3, false)).toEqual([expect.stringContaining("Last count: "), expect.stringContaining("power loss"), expect.stringContaining("switched on")]);
  known.take({ kind: "info", info: { ...info, last_exit: "unknown" } }, 4);
  expect(silence(known, 5, false)).toHaveLength(2);
});

test("the last count is the last record with a number, however many without one came since", () => {
  const known = new Device(PLACE);
  known.take({ kind: "record", record: interval(0) }, 0);
  const [whole] = silenced(known);
  known.take({ kind: "record", record: interval(60, { ...WITHHELD, suppressed: "not_observed" }) }, 1);
  expect(silenced(known)[0]).toBe(whole);
  const never = new Device(PLACE);
  never.take({ kind: "record", record: interval(0, WITHHELD) }, 0);
  expect(silenced(never)[0]).toContain("has read no count");
});

test("that nothing was ever heard is said only where nobody keeps a history", () => {
  const long = () => new Device(PLACE); // off for so long that neither broker nor hub knows its latest record
  expect(silenced(long())[0]).toContain("No count has been heard");
  expect(silenced(long(), true)[0]).toContain("choose a longer time span");
});

function silenced(device: Device, kept = false): string[] {
  device.take({ kind: "status", online: false }, 2);
  return silence(device, 3, kept);
}

test("what is wrong with a camera is said in words; a name of a later release stays as it is", () => {
  expect(failure("CameraTimeout")).toBe("no picture came in time");
  expect(failure("CameraAway")).toBe("CameraAway");
});

test("a school whose only room practises has no sum beside that room's number", () => {
  const sum = { people: 0, counted: 0, rooms: 1, practising: 1 };
  expect(totalWords(sum)).toBe("Rooms in practice, left out: 1.");
  expect(totalWords({ ...sum, rooms: 2, practising: 0 })).toBe("No room publishes a number now");
  expect(totalWords({ ...sum, counted: 1, rooms: 2 })).toMatch(/in 1 room\. /); // no room is left that publishes no number
});
