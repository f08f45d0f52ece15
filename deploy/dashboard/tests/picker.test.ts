import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Device } from "../src/device";
import type { HubLessons, Timetable } from "../src/lessons";
import { Picker } from "../src/picker";
import { dateOf, timeAt } from "../src/zone";
import { DOCUMENT } from "./page";

const MINUTE = 60_000;
const TODAY = "2026-11-24";
const NINE = timeAt(TODAY, "09:00");
const device = new Device({ site: "north", device: "pi" });

beforeEach(() => {
  vi.useFakeTimers({ now: NINE + 10 * MINUTE });
  vi.stubGlobal("document", DOCUMENT);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A picker of a hub that has this lesson each day, and the days that were asked for. */
function picker(failing: string[] = []): { made: Picker; asked: string[] } {
  const asked: string[] = [];
  const timetable = (_device: Device, day: string): Promise<Timetable> => {
    asked.push(day);
    if (failing.shift() === day) return Promise.reject(new Error("the hub is stopping"));
    return Promise.resolve({ zone: null, lessons: [{ period: "1", title: "", from: timeAt(day, "09:00"), to: timeAt(day, "09:45") }], problem: null });
  };
  return { made: new Picker(device, { timetable } as unknown as HubLessons, () => undefined, () => undefined), asked };
}

async function draw(made: Picker) {
  made.draw();
  made.current(Date.now());
  await vi.advanceTimersByTimeAsync(0);
  return made.current(Date.now());
}

test("the lesson that goes on is known while another day is shown, and today's are asked for once", async () => {
  const { made, asked } = picker();
  expect((await draw(made))?.to).toBe(NINE + 45 * MINUTE);
  made.show([NINE - 7 * 24 * 60 * MINUTE, NINE - 7 * 24 * 60 * MINUTE + 45 * MINUTE]);
  expect((await draw(made))?.to).toBe(NINE + 45 * MINUTE);
  expect(asked).toEqual([TODAY, "2026-11-17"]);
});

test("it is known, too, where an address names a lesson of another day", async () => {
  const { made, asked } = picker();
  made.show([NINE - 7 * 24 * 60 * MINUTE, NINE - 7 * 24 * 60 * MINUTE + 45 * MINUTE]);
  expect((await draw(made))?.to).toBe(NINE + 45 * MINUTE);
  expect(asked).toEqual(["2026-11-17", TODAY]);
  vi.setSystemTime(NINE + 46 * MINUTE);
  expect(await draw(made)).toBeUndefined();
  vi.setSystemTime(NINE + 24 * 60 * MINUTE); // the page stays open over night
  expect((await draw(made))?.from).toBe(Date.now());
  expect(asked.at(-1)).toBe(dateOf(Date.now()));
});

test("a timetable that could not be read is asked for again", async () => {
  const { made, asked } = picker([TODAY]);
  expect(await draw(made)).toBeUndefined();
  expect(made.element.textContent).toContain("the hub is stopping");
  vi.setSystemTime(Date.now() + 3 * MINUTE);
  expect((await draw(made))?.to).toBe(NINE + 45 * MINUTE);
  expect(made.element.textContent).not.toContain("the hub is stopping");
  expect(asked).toEqual([TODAY, TODAY]);
});
