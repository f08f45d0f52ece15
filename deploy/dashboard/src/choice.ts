/** Which rooms the overview shows, and in which order; kept while the tab is open, so that a visit to a room and a reload change nothing. */
import * as v from "valibot";
import type { Device } from "./device";
import { isTroubled } from "./glance";

export const SORTS = ["room", "trouble", "people"] as const;
export type Sort = (typeof SORTS)[number];

const KEY = "overview";

const schema = v.object({
  /** A part of a room's name. */
  search: v.string(),
  sort: v.picklist(SORTS),
  /** Whether the rooms of each site stand together. */
  grouped: v.boolean(),
  /** Whether only rooms are shown that somebody has to see to. */
  troubled: v.boolean(),
  /** The room at the top of the window, how far below the window's edge it begins, pixels, and the room that had the focus. */
  place: v.optional(v.object({ top: v.string(), offset: v.number(), stop: v.string() })),
});
export type Choice = v.InferOutput<typeof schema>;

const USUAL: Choice = { search: "", sort: "room", grouped: false, troubled: false };

export function recall(): Choice {
  try {
    const result = v.safeParse(schema, JSON.parse(sessionStorage.getItem(KEY) ?? "null"));
    return result.success ? result.output : { ...USUAL };
  } catch {
    return { ...USUAL }; // damaged, or the browser keeps nothing
  }
}

/** Keep it; what differs in nothing from the usual is not kept. */
export function keep(choice: Choice): void {
  try {
    if (JSON.stringify(choice) === JSON.stringify(USUAL)) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // the browser keeps nothing; the page works all the same
  }
}

export function forget(): void {
  keep(USUAL);
}

/** The chosen devices of each group; the name of a group is its site, empty where all are one group. `devices`: sorted by room. */
export function choose(devices: readonly Device[], { search, sort, grouped, troubled }: Choice, now: number): Map<string, Device[]> {
  const wanted = search.trim().toLowerCase();
  const chosen = devices.filter((device) => `${device.room} ${device.key}`.toLowerCase().includes(wanted) && (!troubled || isTroubled(device, now)));
  const rank = new Map(chosen.map((device) => [device, rankOf(device, sort, now)]));
  if (sort !== "room") chosen.sort((a, b) => rank.get(b)! - rank.get(a)!); // stable: by room within a rank
  const groups = new Map<string, Device[]>();
  for (const device of chosen) {
    const name = grouped ? device.place.site : "";
    const group = groups.get(name);
    if (group) group.push(device);
    else groups.set(name, [device]);
  }
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b)));
}

function rankOf(device: Device, sort: Sort, now: number): number {
  if (sort === "trouble") return Number(isTroubled(device, now));
  return device.current(now)?.faces.mean ?? -1;
}
