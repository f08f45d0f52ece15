import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { afterEach, expect, test, vi } from "vitest";
import english from "../public/locales/en.json";
import { amount, type Forms, LANGUAGES, preferred, type Text, type Texts, t, use } from "../src/i18n";

const folder = new URL("../public/locales/", import.meta.url);
const sources = new URL("../src/", import.meta.url);
const files = readdirSync(folder);
const others = files.map((file) => file.replace(".json", "")).filter((language) => language !== "en");
/** Texts that are the same in two languages. */
const ALIKE = /^(title|broker|neutral|pause|minutes|day|nothing|version|mean_of|named|full_stop)$/;
/** Numbers of which a language may have other forms. */
const NUMBERS = [...Array(1001).keys(), 10_000, 0.5, 1.5];

const texts = (language: string) => JSON.parse(readFileSync(new URL(`${language}.json`, folder), "utf8")) as Texts;
const forms = (text: string | Forms) => (typeof text === "string" ? [text] : Object.entries(text).flatMap(([name, form]) => (name === "plural" ? [] : [form])));
const slots = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
/** The names that a text has to be called with. */
const names = (key: Text) => slots(forms((english as Texts)[key]!)[0]!).map((slot) => slot.slice(1, -1));

afterEach(() => {
  use("en", english);
  vi.unstubAllGlobals();
});

test("the page offers the languages that it has", () => {
  expect(Object.keys(LANGUAGES).sort()).toEqual(files.map((file) => file.replace(".json", "")).sort());
});

test.each(Object.keys(LANGUAGES))("%s has every text, and no other, each form with the same values in it", (language) => {
  const own = texts(language);
  expect(Object.keys(own).sort()).toEqual(Object.keys(english).sort());
  for (const [key, text] of Object.entries(own)) {
    for (const form of forms(text)) expect(slots(form), key).toEqual(names(key as Text).map((name) => `{${name}}`));
  }
});

test.each(Object.keys(LANGUAGES))("%s has every plural form that it needs", (language) => {
  const needed = [0, 1].flatMap((digits) => {
    const rules = new Intl.PluralRules(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return NUMBERS.map((number) => rules.select(number));
  });
  const allowed = ["plural", ...new Intl.PluralRules(language).resolvedOptions().pluralCategories];
  for (const [key, text] of Object.entries(texts(language))) {
    if (typeof text === "string") continue;
    expect(Object.keys(text), key).toEqual(expect.arrayContaining([...needed, "plural"]));
    expect(allowed, key).toEqual(expect.arrayContaining(Object.keys(text)));
    expect(names(key as Text), key).toContain(text.plural);
  }
});

test.each(others)("%s has no text that is still English", (language) => {
  const own = texts(language);
  const alike = Object.keys(english).filter((key) => !ALIKE.test(key) && JSON.stringify(own[key]) === JSON.stringify((english as Texts)[key]));
  expect(alike).toEqual([]);
});

test("French has a narrow no-break space at its signs, so that none begins a line", () => {
  const loose = Object.entries(texts("fr")).filter(([, text]) => forms(text).some((form) => /[^\u202F](?:[;!?»]|:(?!\/\/))|«(?!\u202F)/.test(form)));
  expect(loose.map(([key]) => key)).toEqual([]);
});

test("every text is used, and each with the values that it has places for", () => {
  const literals: string[] = [];
  const beginnings: string[] = [];
  for (const file of readdirSync(sources).filter((each) => each.endsWith(".ts"))) {
    const source = ts.createSourceFile(file, readFileSync(new URL(file, sources), "utf8"), ts.ScriptTarget.ES2022, true);
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteral(node)) literals.push(node.text);
      if (ts.isTemplateExpression(node) && /^[a-z_]+_$/.test(node.head.text)) beginnings.push(node.head.text);
      if (ts.isCallExpression(node) && node.expression.getText() === "t") expect(given(node), node.getText()).toEqual(wanted(node));
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  const unused = Object.keys(english).filter((key) => !literals.includes(key) && !beginnings.some((begin) => key.startsWith(begin)));
  expect(unused).toEqual([]);
});

/** The names of the values in a call; undefined: they are not written there. */
function given({ arguments: [, values] }: ts.CallExpression): string[] | undefined {
  if (!values) return [];
  if (!ts.isObjectLiteralExpression(values) || values.properties.some(ts.isSpreadAssignment)) return undefined;
  return values.properties.map((each) => each.name!.getText()).sort();
}

/** The names of the values that the text of a call has places for; as given, where the call chooses among texts. */
function wanted(call: ts.CallExpression): string[] | undefined {
  const [key] = call.arguments;
  return key && ts.isStringLiteral(key) && given(call) ? names(key.text as Text) : given(call);
}

test("a number takes its plural form, as its decimals are shown", () => {
  use("fr", texts("fr"));
  expect(t("people", { people: amount(1) })).toBe("1,0 personne en moyenne");
  expect(t("people", { people: amount(2) })).toBe("2,0 personnes en moyenne");
  expect(t("people", { people: "–" })).toBe("– personnes en moyenne");
  expect(t("unreadable", { count: 1_000_000 })).toContain(" de messages ne suivent");
  use("en", english);
  expect(t("unreadable", { count: 1 })).toContain("1 message does not");
  expect(t("unreadable", { count: 1200 })).toContain("1,200 messages do not");
});

test("a text that is missing is named by its key, and the page goes on", () => {
  use("nl", { title: "emotion-edge" });
  expect(t("school")).toBe("school");
});

test("the choice comes before what the browser wants, and both only where the page has it", () => {
  vi.stubGlobal("navigator", { languages: ["pt-BR", "hi-IN", "de"] });
  let kept: string | null = null;
  vi.stubGlobal("localStorage", { getItem: () => kept });
  const offered = Object.keys(LANGUAGES);
  expect(preferred(offered)).toBe("hi");
  kept = "fr";
  expect(preferred(offered)).toBe("fr");
  expect(preferred(["en", "pt-BR"])).toBe("pt-BR");
  expect(preferred(["en", "es"])).toBe("en");
});
