import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COLOURS } from "../src/palette";

const css = readFileSync(new URL("../src/style.css", import.meta.url), "utf8");

/** The value of a custom property, in the appearance `light` or `dark`. */
function property(name: string, appearance: "light" | "dark"): string {
  const block = appearance === "light" ? css : css.slice(css.indexOf(':root[data-theme="dark"]'));
  return new RegExp(`${name}: (#[0-9a-f]{6})`).exec(block)![1]!;
}

/** By WCAG 2.2. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((place) => {
    const value = Number.parseInt(colour.slice(place, place + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const edge = property("--edge", "light");

test.each(Object.entries(COLOURS))("%s stands out from the edge between two groups, which stands out from paper or is on dark ground (AA, 3:1)", (_name, colour) => {
  expect(contrast(colour, edge)).toBeGreaterThanOrEqual(3);
  expect(contrast(edge, property("--card", "light"))).toBeGreaterThanOrEqual(3);
  expect(contrast(colour, property("--card", "dark"))).toBeGreaterThanOrEqual(3);
});

test.each(["light", "dark"] as const)("texts of a quiet room, of trouble and of links can be read (AA, 4.5:1): %s", (appearance) => {
  for (const ink of ["--ink", "--soft", "--warn", "--accent"]) {
    for (const ground of ["--paper", "--card"]) expect(contrast(property(ink, appearance), property(ground, appearance)), ink).toBeGreaterThanOrEqual(4.5);
  }
});
