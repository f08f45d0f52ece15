/** Times of the wall clock: of the room that is shown, where its timetable names a time zone, else of this browser. */

import { DAY, MINUTE } from "./period";

const WEEK_DAYS = 7;
let zone: string | undefined;
/** To make one takes longer than to use it a hundred times. */
let writer = writerOf(zone);

/** Show times of a time zone; null: of this browser. Of one that this browser does not know, nothing changes. */
export function useZone(wanted: string | null): void {
  try {
    const next = writerOf(wanted ?? undefined);
    const own = next.resolvedOptions().timeZone === writerOf(undefined).resolvedOptions().timeZone; // by one name of several
    writer = next;
    zone = own ? undefined : (wanted ?? undefined);
  } catch {
    // a browser that is older than the zone
  }
}

/** The time zone of what is shown, where it is not that of this browser. */
export function otherZone(): string | undefined {
  return zone;
}

/** The day of a time, "2026-11-26", as a date input has it. */
export function dateOf(milliseconds: number): string {
  return wall(milliseconds).slice(0, 10);
}

/** The time of a day, "09:05", as a time input has it in every language. */
export function timeOf(milliseconds: number): string {
  return wall(milliseconds).slice(11);
}

/** When a clock shows this, milliseconds since 1970; NaN where it is no time. Of an hour that comes twice, the first one. */
export function timeAt(date: string, time: string): number {
  const shown = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(shown)) return shown;
  // An offset is that of a time near by; where clocks change in between, that of the other side is the right one.
  const [first = shown, second = first] = [shown - DAY, shown + DAY].map((near) => shown - (Date.parse(`${wall(near)}Z`) - near)).sort((a, b) => a - b);
  return timeOf(first) === time.slice(0, 5) ? first : second;
}

/** The day some days later. */
export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The same time of the wall clock, a week before. */
export function weekBefore(milliseconds: number): number {
  return timeAt(dayAfter(dateOf(milliseconds), -WEEK_DAYS), timeOf(milliseconds)) + (milliseconds % MINUTE);
}

/** "2026-11-26T09:05". */
function wall(milliseconds: number): string {
  return writer.format(milliseconds).replace(" ", "T");
}

/** Swedish dates are those of ISO 8601. */
function writerOf(zone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
}
