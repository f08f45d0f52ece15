import { expect, test } from "vitest";
import { tiling } from "../src/tiling";

const GAP = 10;

test.each([
  [1920, 960],
  [3840, 1920],
])("4 to 40 rooms fill a screen of %i pixels without a scroll bar, as large as they can be", (width, height) => {
  for (let count = 4; count <= 40; count++) {
    const { columns, rows, letter, places } = tiling(count, width, height, GAP);
    expect(places).toBe(count);
    expect(columns * rows).toBeGreaterThanOrEqual(count);
    expect(columns * rows - count).toBeLessThan(Math.max(columns, rows)); // no row and no column is empty
    expect(letter).toBeGreaterThanOrEqual(height / 60);
  }
  expect(tiling(4, width, height, GAP).letter).toBeGreaterThan(2 * tiling(40, width, height, GAP).letter);
});

test("type grows with the screen", () => {
  expect(tiling(12, 3840, 1920, 2 * GAP).letter).toBeCloseTo(2 * tiling(12, 1920, 960, GAP).letter);
});

test("what can no longer be read from afar is left out rather than shown small", () => {
  const { places, letter } = tiling(500, 1920, 960, GAP);
  expect(places).toBeGreaterThan(40);
  expect(places).toBeLessThan(100);
  expect(letter).toBeGreaterThanOrEqual(960 / 60);
});

test("a phone and no room at all have a place, too", () => {
  expect(tiling(40, 370, 700, 4).places).toBeGreaterThan(4);
  expect(tiling(0, 1920, 960, GAP).places).toBe(1);
});
