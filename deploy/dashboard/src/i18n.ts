/** Texts from plain files: `locales/<language>.json`. What a language lacks is said in English. */
import english from "../public/locales/en.json";

export type Text = keyof typeof english;

let texts: Partial<Record<string, string>> = english;
export let language = "en";

export async function speak(wanted: string): Promise<void> {
  const answer = await fetch(`locales/${encodeURIComponent(wanted)}.json`);
  if (!answer.ok) throw new Error(`locales/${wanted}.json: ${answer.status} ${answer.statusText}`);
  texts = (await answer.json()) as Record<string, string>;
  language = wanted;
  document.documentElement.lang = wanted;
}

/** The text, with `{name}` replaced by `values.name`. */
export function t(key: Text, values: Record<string, string | number> = {}): string {
  const text = texts[key] ?? english[key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** An error message as a sentence. */
export function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, "")}.`;
}

export function number(value: number, digits = 1): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** "29 %". */
export function percent(share: number): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

export function clock(milliseconds: number): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(milliseconds);
}

/** The time with its seconds. */
export function second(milliseconds: number): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(milliseconds);
}

/** The day of a time, such as "Tue 24". */
export function day(milliseconds: number): string {
  return new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric" }).format(milliseconds);
}

/** The day of a time in full, such as "Tuesday, 24 November". */
export function dayName(milliseconds: number): string {
  return new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(milliseconds);
}

/** `weekday`: 0 is Monday. */
export function weekdayName(weekday: number): string {
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + weekday)); // a Monday
}

export function hourName(hour: number): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1, hour));
}

/** The time, with its day where that is not today. */
export function moment(milliseconds: number): string {
  const today = new Date(milliseconds).toDateString() === new Date().toDateString();
  return today ? clock(milliseconds) : `${day(milliseconds)}, ${clock(milliseconds)}`;
}

/** "12 s", "3 min", "2 h". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [amount, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(amount);
}
