/** The groups into which the page divides people: four groups that one can act on, or all emotions. */
import { LABELS, type Label } from "./contract";
import { t } from "./i18n";
import { COLOURS } from "./palette";

/** `rest`: every emotion but happy and neutral; `other`: what is published only as a sum. */
export type Key = Label | "rest" | "other";
/** `few`: smiling, neutral, other, unsure. */
export type Detail = "few" | "all";

/** Numbers of people, as a record or an average has them. */
export interface Mix {
  /** Of `LABELS`, null where withheld or a part of `other`. */
  labels: readonly (number | null)[];
  other: number | null;
}

const FEW: readonly Key[] = ["happy", "neutral", "rest", "unsure", "other"];
const ALL: readonly Key[] = [...LABELS, "other"];

export function keys(detail: Detail): readonly Key[] {
  return detail === "few" ? FEW : ALL;
}

/** How many people are in a group; null: that is not published. */
export function value(mix: Mix, key: Key): number | null {
  if (key === "other") return mix.other;
  if (key !== "rest") return mix.labels[LABELS.indexOf(key)] ?? null;
  const parts = LABELS.map((label, place) => (FEW.includes(label) ? null : (mix.labels[place] ?? null))).filter((part) => part !== null);
  return parts.length ? parts.reduce((sum, part) => sum + part, 0) : null;
}

/** Two groups change places once one has a tenth more people: an order that changes all the time cannot be read. */
const CLEARLY = 1.1;

/**
 * The groups of which something is published, the one with the most people first. `unsure` is no emotion, and comes last.
 * @param before the order that was shown last
 */
export function strongest(mixes: readonly Mix[], detail: Detail, before: readonly Key[] = []): Key[] {
  const all = keys(detail).filter((key) => key !== "other" || mixes.some(({ other }) => other !== null));
  const totals = new Map(all.map((key) => [key, key === "unsure" ? -1 : mixes.reduce((sum, mix) => sum + (value(mix, key) ?? 0), 0)]));
  const total = (key: Key | undefined) => (key === undefined ? 0 : (totals.get(key) ?? 0));
  const same = before.length === all.length && before.every((key) => totals.has(key));
  if (same && before.every((key, place) => total(before[place + 1]) <= Math.max(0, total(key)) * CLEARLY)) return [...before];
  return [...all].sort((a, b) => total(b) - total(a));
}

/** Groups in the order of another view of the same page; what that one lacks comes before `unsure`. */
export function alike(own: readonly Key[], other: readonly Key[]): Key[] {
  const place = (key: Key) => (key === "unsure" ? Infinity : other.includes(key) ? other.indexOf(key) : other.length);
  return [...own].sort((a, b) => place(a) - place(b));
}

export function name(key: Key, detail: Detail): string {
  if (detail === "few" && key === "happy") return t("smiling");
  return t(key);
}

export function colour(key: Key): string {
  return COLOURS[key];
}
