import { expect, test } from "vitest";
import { address, addressed, wallAddress, walled } from "../src/address";

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
