/** Averages over stretches of time, and how neighbours become one. */
import { LABELS, type Suppression } from "./contract";

export interface Stretch {
  /** Its beginning, milliseconds since 1970. */
  start: number;
  /** Average number of people, or null where nothing was published. */
  people: number | null;
  /** Average number of people showing each of `LABELS`; null: nothing was published, or it is a part of `other`. */
  labels: (number | null)[];
  /** People who show one of the labels that are null, where only their sum was published; null: there are none. */
  other: number | null;
  /** People who may stand under a wrong emotion, or null where that is not known. */
  error: number | null;
  /** Share of the stretch for which records exist at all, 0-1. */
  covered: number;
  /** Share of the stretch for which a number of people was published, 0-1. */
  published: number;
  /** Share of the records' time in which the frames were fewer than half of what was expected, 0-1. */
  thin: number;
  /** What withheld something in this stretch, all of it or a part; undefined: nothing did. */
  why: Suppression | undefined;
  /** For how long it did, milliseconds. */
  held: number;
}

/** Records have tenths of people, and sums of them are rounded: less than this is nobody. */
export const ROUNDING = 0.02;

/** A stretch without any record. */
export function nothing(start: number): Stretch {
  return { start, people: null, labels: LABELS.map(() => null), other: null, error: null, covered: 0, published: 0, thin: 0, why: undefined, held: 0 };
}

/** A value that holds from `from` to `until`, milliseconds since 1970. */
export interface Step {
  from: number;
  until: number;
  mean: Stretch;
}

/**
 * What was published, smoothed to averages over `block` milliseconds, and only at the times for which there is something: what is
 * withheld lowers no average, and is not bridged. Only stretches with the same emotions are averaged: else an emotion that was published for a
 * part of the minute would stand beside averages of the whole. `width`: length of a stretch, milliseconds.
 */
export function steps(stretches: Stretch[], width: number, block: number): Step[] {
  const known = stretches.filter(({ people }) => people !== null).map((stretch) => ({ stretch, key: alike(stretch, block) }));
  const parts = new Map<string, Stretch[]>();
  for (const { stretch, key } of known) parts.set(key, [...(parts.get(key) ?? []), stretch]);
  const means = new Map([...parts].map(([key, some]) => [key, average(some)]));
  const found: Step[] = [];
  for (const { stretch, key } of known) {
    const mean = means.get(key)!;
    const last = found.at(-1);
    if (last && last.until === stretch.start && last.mean === mean) last.until += width;
    else found.push({ from: stretch.start, until: stretch.start + width, mean });
  }
  return found;
}

/** The same for stretches that are averaged together. */
function alike({ start, labels, other }: Stretch, block: number): string {
  return `${Math.floor(start / block)} ${labels.map((value) => (value === null ? "-" : "+")).join("")} ${other === null}`;
}

/** The average of stretches of one length, each by the time for which it has numbers. */
export function average(parts: Stretch[]): Stretch {
  const share = (name: "covered" | "published" | "thin") => parts.reduce((sum, part) => sum + part[name], 0) / Math.max(1, parts.length);
  const why = parts.find((part) => part.why)?.why;
  return {
    start: parts[0]?.start ?? 0,
    people: weighted(parts, ({ people }) => people),
    labels: LABELS.map((_, label) => weighted(parts, ({ labels }) => labels[label] ?? null)),
    other: weighted(parts, ({ other }) => other),
    error: weighted(parts, ({ error }) => error),
    covered: share("covered"),
    published: share("published"),
    thin: share("thin"),
    why,
    held: parts.reduce((sum, part) => sum + (part.why === why ? part.held : 0), 0),
  };
}

/** The average of what was published, each by the time for which it was; null: nothing was. */
function weighted(parts: Stretch[], value: (part: Stretch) => number | null): number | null {
  let sum = 0;
  let weight = 0;
  for (const part of parts) {
    const one = value(part);
    if (one === null) continue;
    sum += one * part.published;
    weight += part.published;
  }
  return weight > 0 ? sum / weight : null;
}
