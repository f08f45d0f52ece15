/**
 * The part of the page's address that names a room, and perhaps a time, `#/site/device/2026-11-26T08:05Z/2026-11-26T08:50Z`, with two more parts for
 * the one beside it; or a wall screen, `#/wall/site`.
 */

/** The address of the alerts. */
export const ALERTS = "#/alerts";

export type Time = [from: number, until: number];

const LONGEST = 6 * 3_600_000;
/** The first part of the address of a wall screen. */
const WALL = "wall";
/** The same for a site of that name, so that both can be told apart. */
const SITE_WALL = "%77all";

/** `times`: that which is shown, and the one beside it; begin and end, milliseconds since 1970; none: the latest time. */
export function address({ site, device }: { site: string; device: string }, ...times: Time[]): string {
  const parts = [site, device, ...times.flat().map((each) => new Date(each).toISOString().replace(/(:00)?\.000Z$/, "Z"))];
  const written = parts.map((part) => encodeURIComponent(part).replaceAll("%3A", ":"));
  if (site === WALL) written[0] = SITE_WALL;
  return `#/${written.join("/")}`;
}

/** The address of the wall screen of a site; empty: of all rooms. */
export function wallAddress(site: string): string {
  return `#/${WALL}${site && `/${encodeURIComponent(site)}`}`;
}

/** The site of which an address names the wall screen, empty for all rooms; undefined: it names none. */
export function walled(hash: string): string | undefined {
  return hash.split("/")[1] === WALL ? (parts(hash)[1] ?? "") : undefined;
}

/** The key of the device that an address names, if it names one. */
export function addressed(hash: string): string | undefined {
  if (walled(hash) !== undefined) return undefined;
  const [site, device] = parts(hash);
  return site && device ? `${site}/${device}` : undefined;
}

/** The time that an address names, if it names one; `place` 1: that of the lesson beside it. */
export function timed(hash: string, place: 0 | 1 = 0): Time | undefined {
  const [from, until] = parts(hash).slice(2 + 2 * place);
  const time = [Date.parse(from ?? ""), Date.parse(until ?? "")] as Time;
  return time[1] > time[0] && time[1] - time[0] <= LONGEST ? time : undefined;
}

function parts(hash: string): string[] {
  try {
    return hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  } catch {
    return []; // a link that was cut short in the middle of a character
  }
}
