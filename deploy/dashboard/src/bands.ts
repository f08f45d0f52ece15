/** The times for which numbers are missing or bounded, and why. */
import type { Circumstances, Hindrance, Source } from "./circumstances";
import type { Suppression } from "./contract";
import { duration, t } from "./i18n";
import type { Stretch } from "./stretch";

export type Reason = Suppression | Hindrance | "no_records";

export interface Band {
  /** Milliseconds since 1970. */
  from: number;
  until: number;
  /** For how long the reason held in it, milliseconds: of an hour that is drawn as one, that may be some seconds. */
  time: number;
  reason: Reason;
  /** Of a pause: what paused, or who, as far as that is known. */
  by: string;
}

/** Somebody's pause, as a hub knows it. */
export interface KnownPause {
  by: string;
  from: number;
  until: number;
}

/** Share of a stretch; where less is published, or recorded, the stretch is in a band. */
const HALF = 0.5;

/** `width`: length of a stretch, milliseconds. What follows the last record is not missing yet, unless `overdue`. */
export function bands(stretches: Stretch[], width: number, overdue: boolean, circumstances?: Circumstances, pauses: readonly KnownPause[] = []): Band[] {
  const last = overdue ? stretches.length - 1 : stretches.findLastIndex(({ covered }) => covered > 0);
  const found: Band[] = [];
  const first = stretches.findIndex(({ covered }) => covered > 0);
  for (const [index, stretch] of stretches.slice(0, last + 1).entries()) {
    const reason = reasonOf(stretch, index > first && index < last);
    if (!reason) continue;
    const time = reason === "no_records" ? (1 - stretch.covered) * width : stretch.held;
    const before = found.at(-1);
    if (before && before.until === stretch.start && before.reason === reason) {
      before.until += width;
      before.time += time;
    } else found.push({ from: stretch.start, until: stretch.start + width, time, reason, by: "" });
  }
  for (const band of found) explain(band, circumstances, pauses);
  return found;
}

/** `inner`: whether records are of times before and after, so that it is known that some are missing within. */
function reasonOf({ why, covered, published, labels, other }: Stretch, inner: boolean): Reason | undefined {
  if (covered === 0 || (inner && covered < HALF)) return "no_records";
  if (why === "above_max_share") return why;
  // As a sum, small numbers are drawn; averages of different times are not.
  if (why === "below_min_cell") return [...labels, other].every((value) => value === null) ? why : undefined;
  return published < HALF * covered ? why : undefined;
}

function explain(band: Band, circumstances: Circumstances | undefined, pauses: readonly KnownPause[]): void {
  const { from, until } = band;
  if (band.reason === "not_observed") band.reason = circumstances?.hindrance(from, until) ?? band.reason;
  if (band.reason !== "paused") return;
  const who = pauses.find((pause) => pause.from < until && pause.until > from)?.by;
  const sources: readonly Source[] = circumstances?.sources(from, until) ?? [];
  band.by = who ?? sources.map((source) => t(`by_${source}`)).join(", ");
}

/** What a band is of, in a few words. */
export function title({ reason, by }: Pick<Band, "reason" | "by">): string {
  return reason === "paused" && by ? t("brief_paused_by", { who: by }) : t(`brief_${reason}`);
}

/** For how long which reason held: a title, its reason and its length in words, in order of appearance. */
export function lengths(all: Band[]): { reason: Reason; words: string }[] {
  const found = new Map<string, { reason: Reason; time: number }>();
  for (const band of all) {
    const words = title(band);
    const sum = found.get(words) ?? { reason: band.reason, time: 0 };
    sum.time += band.time;
    found.set(words, sum);
  }
  return [...found].map(([words, { reason, time }]) => ({ reason, words: t("named", { name: words, text: duration(time) }) }));
}
