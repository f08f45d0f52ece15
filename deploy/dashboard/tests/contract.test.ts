import { expect, test } from "vitest";
import { locate, read } from "../src/contract";
import { payload, WITHHELD } from "./records";

const PLACE = { site: "north", device: "pi" };
const bytes = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

test("a record of the contract is read", () => {
  expect(read(PLACE, "counts", bytes(payload()))).toMatchObject({ kind: "record", record: { faces: { mean: 6 } } });
});

test.each([
  ["no JSON", "nonsense"],
  ["another schema", payload({ schema: 2 })],
  ["somebody else's device", payload({ device: "other" })],
  ["a negative count", payload({ faces: { mean: -1, max: 0 } })],
  ["a text for a number", payload({ unsure: "3" })],
  ["an interval that ends before it begins", payload({ end: "2026-11-24T08:00:00Z" })],
  ["a number in spite of being withheld", payload({ ...WITHHELD, faces: { mean: 2, max: 2 } })],
  ["an error in spite of being withheld", payload({ ...WITHHELD, emotions_error: 1 })],
  ["a negative error", payload({ emotions_error: -0.1 })],
  ["an unknown reason", payload({ ...WITHHELD, suppressed: "because" })],
  ["more bytes than any record has", payload({ model: "x".repeat(9000) })],
])("%s is not shown", (_why, said) => {
  expect(read(PLACE, "counts", bytes(said))).toBeUndefined();
});

test("a record of a device that sends no error is read, and its error is not known", () => {
  const { emotions_error: _, ...earlier } = payload();
  expect(read(PLACE, "counts", bytes(earlier))).toMatchObject({ kind: "record", record: { emotions_error: null } });
});

test("topics name site and device", () => {
  expect(locate("emotion-edge/v1/north/pi/counts/backfill", "emotion-edge/v1")).toEqual({ ...PLACE, leaf: "counts/backfill" });
  expect(locate("homeassistant/status", "emotion-edge/v1")).toBeUndefined();
});
