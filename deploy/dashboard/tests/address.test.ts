import { expect, test } from "vitest";
import { address, addressed } from "../src/address";

test("an address names the room it was made for, whatever its name", () => {
  expect(addressed(address({ site: "Süd/1", device: "pi 100%" }))).toBe("Süd/1/pi 100%");
});

test("an address that names no room is the page of all rooms", () => {
  expect(["", "#/", "#/north", "#/%E0/pi"].map(addressed)).toEqual([undefined, undefined, undefined, undefined]);
});
