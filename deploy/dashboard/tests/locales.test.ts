import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import english from "../public/locales/en.json";

const folder = new URL("../public/locales/", import.meta.url);
const slots = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([slot]) => slot).sort();

test.each(readdirSync(folder))("%s says everything, with the same values in it", (file) => {
  const texts = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Record<string, string>;
  expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
  for (const [key, text] of Object.entries(english)) expect(slots(texts[key]!), key).toEqual(slots(text));
});
