import { afterEach, expect, test } from "vitest";
import { clock, dayName, moment } from "../src/i18n";
import { dateOf, dayAfter, otherZone, timeAt, timeOf, useZone, weekBefore } from "../src/zone";

const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);

afterEach(() => useZone(null));

test("times are those of the room's clock, whatever the clock of the browser", () => {
  useZone("Asia/Kolkata");
  const evening = at("2026-11-26T20:15:00Z");
  expect([dateOf(evening), timeOf(evening), clock(evening)]).toEqual(["2026-11-27", "01:45", "01:45"]);
  expect(dayName(evening)).toContain("27");
  expect(moment(evening)).toContain("01:45");
  expect(timeAt("2026-11-27", "01:45")).toBe(evening);
});

test("the own zone of the browser is no other one, and one that it does not know changes nothing", () => {
  useZone(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(otherZone()).toBeUndefined();
  useZone("America/New_York");
  useZone("Atlantis/Harbour");
  expect(otherZone()).toBe("America/New_York");
});

test("where clocks change, a time is that of the clock on the wall", () => {
  useZone("Europe/Berlin");
  expect(timeAt("2026-03-28", "09:05")).toBe(at("2026-03-28T08:05:00Z"));
  expect(timeAt("2026-03-29", "09:05")).toBe(at("2026-03-29T07:05:00Z"));
  expect(timeAt("2026-03-29", "01:30")).toBe(at("2026-03-29T00:30:00Z"));
  expect(timeAt("2026-10-25", "02:30")).toBe(at("2026-10-25T00:30:00Z")); // it comes twice
  expect(timeAt("2026-10-25", "03:30")).toBe(at("2026-10-25T02:30:00Z"));
  expect(timeAt("2026-03-29", "02:30")).toBe(at("2026-03-29T01:30:00Z")); // it does not come
  expect(timeAt("", "02:30")).toBeNaN();
  expect(weekBefore(at("2026-03-30T07:05:10Z"))).toBe(at("2026-03-23T08:05:10Z"));
});

test("every minute of two years is found again, but those that come twice", () => {
  for (const zone of ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]) {
    useZone(zone);
    for (let time = at("2026-01-01T00:00:00Z"); time < at("2028-01-01T00:00:00Z"); time += 397 * MINUTE) {
      const found = timeAt(dateOf(time), timeOf(time));
      expect([dateOf(found), timeOf(found)]).toEqual([dateOf(time), timeOf(time)]);
      expect(time - found).toBeLessThanOrEqual(60 * MINUTE);
    }
  }
});

test("days follow each other", () => {
  expect([dayAfter("2026-02-28", 1), dayAfter("2026-03-01", -1), dayAfter("2026-12-31", 1)]).toEqual(["2026-03-01", "2026-02-28", "2027-01-01"]);
});
