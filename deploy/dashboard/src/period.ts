/** The time that a room's chart shows. */
import type { Stretch } from "./stretch";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** The latest minutes, hours or days, or a time of the past; milliseconds since 1970. */
export type Period = { kind: "latest"; span: number } | { kind: "past"; from: number; until: number };

/** A lesson is smoothed to minutes; a day has averages of minutes, and a week of hours. */
export function blockOf(period: Period): number {
  const span = length(period);
  return span > DAY ? HOUR : MINUTE;
}

export function length(period: Period): number {
  return period.kind === "latest" ? period.span : period.until - period.from;
}

/** A day and a week are read as averages, all that is shorter as records. */
export function isLong(period: Period): boolean {
  return length(period) >= DAY;
}

/** How far back the page has the records that it hears. */
const HEARD = 90 * MINUTE;

/** Whether it goes on now, so that its records come as news. */
export function isRunning(period: Period): boolean {
  const now = Date.now();
  return period.kind === "past" && period.from <= now && now < period.until && now - period.from < HEARD;
}

/** When its chart ends, milliseconds since 1970: what is to come is not missing. */
export function endOf(period: Period, now: number): number {
  return period.kind === "past" ? Math.min(period.until, now) : now;
}

/** Whether nothing of it is to come. */
export function isOver(period: Period, now: number): boolean {
  return period.kind === "past" && period.until <= now;
}

/** The part of stretches that the chart shows: from the first that was recorded, and without what is not over. */
export function visible(stretches: Stretch[], overdue: boolean): Stretch[] {
  const covered = ({ covered }: Stretch) => covered > 0;
  const first = stretches.findIndex(covered);
  if (first < 0) return [];
  return stretches.slice(first, overdue ? undefined : stretches.findLastIndex(covered) + 1);
}
