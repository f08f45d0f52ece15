import { expect, test } from "vitest";
import { uncertainty } from "../src/words";
import { interval } from "./records";

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
