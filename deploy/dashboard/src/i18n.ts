/** Texts from plain files, `locales/<language>.json`, and numbers and times as the language writes them. */
import type english from "../public/locales/en.json";
import { readJson } from "./jsonfile";
import { dateOf, otherZone } from "./zone";

export type Text = keyof typeof english;

/** A text in the forms that depend on a number (CLDR): `plural` names the value that decides, and `other` is needed. */
export type Forms = { plural: string; other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type Texts = Record<string, string | Forms>;

/** A number and how many of its decimals are shown. */
interface Amount {
  value: number;
  digits: number;
}
export type Value = string | number | Amount;

/** The languages of the page, as each names itself. */
export const LANGUAGES: Record<string, string> = { en: "English", de: "Deutsch", es: "Español", fr: "Français", hi: "हिन्दी" };
const KEPT = "language";

let texts: Texts = {};
export let language = "en";
/** The language as the browser's owner writes it: "es-MX" has other numbers than "es". */
let locale = "en";

/** Which of these languages the page begins with: the one that was chosen here before, else the first that the browser wants. */
export function preferred(offered: readonly string[]): string {
  const wanted = [chosen(), ...navigator.languages.flatMap((tag) => [tag, languageOf(tag)])];
  return wanted.find((each) => offered.includes(each)) ?? offered[0] ?? "en";
}

/** Keep a choice for the next visit. */
export function choose(wanted: string): void {
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // a browser that stores nothing asks its owner again
  }
}

/**
 * Load the texts of a language, and speak it.
 * @throws Error that names the file, where it cannot be read; the language stays as it was
 */
export async function speak(wanted: string): Promise<void> {
  // A translation of the school's own may be of an earlier release; the page's own ones lack nothing.
  const [spare, own] = await Promise.all([wanted in LANGUAGES ? {} : load("en"), load(wanted)]);
  use(wanted, { ...spare, ...own });
  document.documentElement.lang = wanted;
}

/** Speak these texts. */
export function use(wanted: string, these: Texts): void {
  texts = these;
  language = wanted;
  const regions = "navigator" in globalThis ? (navigator.languages ?? []) : [];
  locale = regions.find((each) => languageOf(each) === wanted) ?? wanted;
}

/** The text, with `{name}` replaced by `values.name`. */
export function t(key: Text, values: Record<string, Value> = {}): string {
  const text = texts[key] ?? key;
  const form = typeof text === "string" ? text : (text[plural(values[text.plural])] ?? text.other);
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => written(values[name] ?? whole));
}

/** A number that a text has a plural form for; `digits`: how many decimals are shown. */
export function amount(value: number, digits = 1): Amount {
  return { value, digits };
}

/** An error message as a sentence. */
export function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, "")}.`;
}

/** What an error says, for a sentence that has its own full stop. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}

export function number(value: number, digits = 1): string {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** "29 %". */
export function percent(share: number): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** "51.5 °C". */
export function celsius(value: number): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit: "celsius", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}

/** "500 MB". */
export function megabytes(value: number): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit: "megabyte", maximumFractionDigits: 0 }).format(value);
}

export function clock(milliseconds: number): string {
  return time(milliseconds, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** The time with its seconds. */
export function second(milliseconds: number): string {
  return time(milliseconds, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** The day of a time, such as "Tue 24". */
export function day(milliseconds: number): string {
  return time(milliseconds, { weekday: "short", day: "numeric" });
}

/** The day of a time in full, such as "Tuesday, 24 November". */
export function dayName(milliseconds: number): string {
  return time(milliseconds, { weekday: "long", day: "numeric", month: "long" });
}

/** The day of a time with its year, such as "24 November 2026". */
export function date(milliseconds: number): string {
  return time(milliseconds, { day: "numeric", month: "long", year: "numeric" });
}

/** `weekday`: 0 is Monday. */
export function weekdayName(weekday: number): string {
  return time(Date.UTC(2024, 0, 1 + weekday), { weekday: "short", timeZone: "UTC" }); // a Monday
}

export function hourName(hour: number): string {
  return time(Date.UTC(2024, 0, 1, hour), { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
}

/** The time, with its day where that is not today. */
export function moment(milliseconds: number, named = clock): string {
  const today = dateOf(milliseconds) === dateOf(Date.now());
  return today ? named(milliseconds) : `${day(milliseconds)}, ${named(milliseconds)}`;
}

/**
 * Below how many seconds a unit is written, the unit's own seconds, and its decimals for numbers below ten.
 * A double lesson has 90 minutes, and not two hours.
 */
const UNITS = [
  [120, 1, "second", 0],
  [10_800, 60, "minute", 0],
  [172_800, 3600, "hour", 1],
  [Number.POSITIVE_INFINITY, 86_400, "day", 1],
] as const;

/** "12 sec", "90 min", "3.5 hr", "20 days"; as the language writes them, not the region. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [, length, unit, digits] = UNITS.find(([most]) => seconds < most) ?? UNITS[3];
  const amount = seconds / length;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: amount < 10 ? digits : 0 }).format(amount);
}

function time(milliseconds: number, parts: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, { timeZone: otherZone(), ...parts }).format(milliseconds);
}

/** The form that a number takes in this language: 1.0 may take another one than 1. */
function plural(value: Value | undefined): Intl.LDMLPluralRule {
  if (value === undefined || typeof value === "string") return "other";
  const { value: count, digits } = typeof value === "number" ? amount(value, 0) : value;
  return new Intl.PluralRules(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).select(count);
}

function written(value: Value): string {
  if (typeof value === "string") return value;
  return typeof value === "number" ? number(value, 0) : number(value.value, value.digits);
}

async function load(wanted: string): Promise<Texts> {
  const file = `locales/${encodeURIComponent(wanted)}.json`;
  const found = await readJson(file);
  if (found === undefined) throw new Error(`${file}: 404`);
  return found as Texts;
}

function chosen(): string {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

/** "de" of "de-AT". */
function languageOf(tag: string): string {
  return tag.split("-")[0] ?? tag;
}
