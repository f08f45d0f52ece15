import { expect, test } from "vitest";
import { type Choice, choose } from "../src/choice";
import { Device } from "../src/device";
import { interval } from "./records";

const USUAL: Choice = { search: "", sort: "room", grouped: false, troubled: false };

function device(site: string, name: string, people: number | undefined): Device {
  const made = new Device({ site, device: name });
  if (people === undefined) made.take({ kind: "status", online: false }, 0);
  else made.take({ kind: "record", record: interval(0, { room: name, faces: { mean: people, max: people } }) }, 0);
  return made;
}

const SCHOOL = [device("north", "a", 6), device("south", "b", undefined), device("north", "c", 9), device("south", "d", 7)];

function names(changes: Partial<Choice>): Record<string, string> {
  const groups = choose(SCHOOL, { ...USUAL, ...changes }, 1);
  return Object.fromEntries([...groups].map(([group, devices]) => [group, devices.map(({ place }) => place.device).join("")]));
}

test.each([
  ["as they come", {}, { "": "abcd" }],
  ["those that need somebody first", { sort: "trouble" }, { "": "bacd" }],
  ["most people first", { sort: "people" }, { "": "cdab" }],
  ["by site", { grouped: true, sort: "trouble" }, { north: "ac", south: "bd" }],
  ["only those that need somebody", { troubled: true }, { "": "b" }],
  ["found by a part of site, device or room", { search: " NORTH" }, { "": "ac" }],
  ["found by a name that nobody has", { search: "z" }, {}],
] as const)("rooms: %s", (_what, changes, expected) => {
  expect(names(changes)).toEqual(expected);
});
