/** Lessons of a room, as a hub knows them: timetable, summary, marks, and hours of the week. */
import * as v from "valibot";
import type { Time } from "./address";
import type { Device } from "./device";
import type { Hub } from "./hub";

const iso = v.pipe(v.string(), v.transform(Date.parse), v.number());
const text = v.pipe(v.string(), v.maxLength(200));
const unknown = v.nullable(v.number());
export const GROUPS = ["people", "smiling", "neutral", "other", "unsure"] as const;
const group = v.picklist(GROUPS);
export type Group = (typeof GROUPS)[number];

const lesson = v.object({ period: text, title: text, from: iso, to: iso });
export type Lesson = v.InferOutput<typeof lesson>;
const timetable = v.object({ zone: v.nullable(v.string()), lessons: v.array(lesson), problem: v.optional(v.nullable(v.string()), null) });
export type Timetable = v.InferOutput<typeof timetable>;

const note = v.object({ id: v.number(), at: iso, text, by: v.nullable(v.string()), mine: v.boolean() });
export type Note = v.InferOutput<typeof note>;
const notes = v.object({ marks: v.array(note), may_mark: v.boolean() });
export type Notes = v.InferOutput<typeof notes>;

const REASONS = ["paused", "below_min_group", "above_max_share", "below_min_cell", "not_observed", "missing", "off", "silent"] as const;
const span = v.object({ from: iso, to: iso });
const unit = v.picklist(["share", "people"]);
export type Unit = v.InferOutput<typeof unit>;
const direction = v.picklist(["above", "below"]);
const fact = v.variant("code", [
  v.object({ code: v.literal("people"), mean: v.number(), low: v.number(), high: v.number(), most: v.nullable(v.number()) }),
  v.object({ code: v.literal("share"), group, people: v.number(), share: unknown, error: unknown }),
  v.object({ code: v.literal("no_emotions") }),
  v.object({ code: v.literal("untold"), reason: v.picklist(REASONS), seconds: v.number(), by: v.optional(v.nullable(v.array(v.string())), null), who: v.optional(v.nullable(v.string()), null), spans: v.array(span) }),
  v.object({ code: v.literal("usual"), group, unit, value: v.number(), median: v.number(), low: v.number(), high: v.number(), error: v.number(), direction, lessons: v.number() }),
  v.object({ code: v.literal("as_usual"), groups: v.array(v.object({ group, unit, value: v.number(), median: v.number(), error: v.number() })), lessons: v.number() }),
  v.object({ code: v.literal("no_change") }),
  v.object({ code: v.literal("no_change_people") }),
  v.object({ code: v.literal("no_change_shown") }),
  v.object({ code: v.literal("too_short") }),
  v.object({ code: v.literal("not_begun") }),
]);
export type Fact = v.InferOutput<typeof fact>;
const change = v.object({ at: iso, earliest: iso, latest: iso, group, before: v.number(), after: v.number(), error: v.number(), gradual: v.boolean(), with_people: v.boolean() });
export type Change = v.InferOutput<typeof change>;

const quartiles = v.nullable(v.object({ median: v.number(), low: v.number(), high: v.number() }));
const usual = v.object({ lessons: v.number(), minutes: v.array(v.object({ minute: v.number(), people: quartiles, smiling: quartiles, neutral: quartiles, other: quartiles, unsure: quartiles })) });
export type Usual = v.InferOutput<typeof usual>;
const summary = v.object({ device: v.optional(v.nullable(v.string()), null), lesson: v.nullable(v.object({ period: text, title: text })), other_devices: v.optional(v.array(v.string()), []), facts: v.array(fact), changes: v.array(change), usual: v.nullable(usual) });
export type Summary = v.InferOutput<typeof summary>;

const pair = { group, unit, value: v.number(), other: v.number() };
const difference = v.variant("code", [
  v.object({ code: v.literal("difference"), ...pair, error: v.number(), direction }),
  v.object({ code: v.literal("alike"), groups: v.array(v.object(pair)) }),
  v.object({ code: v.picklist(["no_emotions", "too_short", "other_device", "goes_on"]) }),
]);
export type Difference = v.InferOutput<typeof difference>;
const differences = v.object({ facts: v.array(difference) });

const cell = v.object({ weekday: v.number(), hour: v.number(), people: unknown, smiling: unknown, neutral: unknown, other: unknown, unsure: unknown });
const heat = v.object({ zone: v.string(), weeks: v.number(), cells: v.array(cell) });
export type Heat = v.InferOutput<typeof heat>;

export class HubLessons {
  constructor(private readonly hub: Hub) {}

  /** The lessons of a day, `2026-11-26`. */
  timetable(device: Device, day: string): Promise<Timetable> {
    return this.hub.get("lessons", { ...room(device), day }, timetable);
  }

  summary(device: Device, from: number, until: number): Promise<Summary> {
    return this.hub.get("lesson", { ...subject(device), ...within(from, until) }, summary);
  }

  /** In what a time differs from another one, by more than the error. */
  async differences(device: Device, [from, until]: Time, [otherFrom, otherUntil]: Time): Promise<Difference[]> {
    const other = within(otherFrom, otherUntil);
    const asked = { ...subject(device), ...within(from, until), other_from: other.from!, other_to: other.to! };
    return (await this.hub.get("comparison", asked, differences)).facts;
  }

  marks(device: Device, from: number, until: number): Promise<Notes> {
    return this.hub.get("marks", { ...room(device), ...within(from, until) }, notes);
  }

  mark(device: Device, at: number, words: string): Promise<void> {
    return this.hub.send("POST", "marks", { at: new Date(at).toISOString(), text: words }, room(device));
  }

  unmark(device: Device, id: number): Promise<void> {
    return this.hub.send("DELETE", `marks/${id}`, undefined, room(device));
  }

  heat(device: Device, weeks: number): Promise<Heat> {
    // Hours of whole rooms are kept, those of one device are computed from all its records.
    return this.hub.get("heat", { ...(device.shared ? subject(device) : room(device)), weeks: String(weeks) }, heat);
  }
}

export function room({ place, room: name }: Device): Record<string, string> {
  return { site: place.site, room: name };
}

/** The device whose records a request is of, in its room. */
export function subject(device: Device): Record<string, string> {
  return { ...room(device), device: device.place.device };
}

function within(from: number, until: number): Record<string, string> {
  return { from: new Date(from).toISOString(), to: new Date(until).toISOString() };
}
