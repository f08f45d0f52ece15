import { expect, test } from "vitest";
import { address, addressed, type Time, timed, wallAddress, walled } from "../src/address";

test("an address names the room it was made for, whatever its name", () => {
  expect(addressed(address({ site: "Süd/1", device: "pi 100%" }))).toBe("Süd/1/pi 100%");
});

test("an address that names no room is the page of all rooms", () => {
  expect(["", "#/", "#/north", "#/%E0/pi"].map(addressed)).toEqual([undefined, undefined, undefined, undefined]);
});

test("the address of a wall screen names its site, or all rooms, and no room", () => {
  expect(["Süd/1", "", "wall"].map((site) => walled(wallAddress(site)))).toEqual(["Süd/1", "", "wall"]);
  expect(addressed(wallAddress("north"))).toBeUndefined();
  expect(walled("#/north/pi")).toBeUndefined();
});

test("a room of a site that is called wall is not taken for a wall screen", () => {
  const written = address({ site: "wall", device: "pi" });
  expect(walled(written)).toBeUndefined();
  expect(addressed(written)).toBe("wall/pi");
});

test("an address names the lesson that is shown, and the one beside it", () => {
  const lesson = (day: string): Time => [Date.parse(`${day}T08:05Z`), Date.parse(`${day}T08:50Z`)];
  const [first, second] = [lesson("2026-11-26"), lesson("2026-11-19")];
  const place = { site: "north", device: "pi" };
  expect([timed(address(place, first, second)), timed(address(place, first, second), 1)]).toEqual([first, second]);
  expect([timed(address(place, first), 1), timed(address(place))]).toEqual([undefined, undefined]);
});
