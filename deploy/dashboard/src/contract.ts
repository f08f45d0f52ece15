/** The messages of the contract (deploy/contract), checked before anything of them is shown. */
import * as v from "valibot";

export const EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"] as const;
export const LABELS = [...EMOTIONS, "unsure"] as const;
export type Label = (typeof LABELS)[number];

export const SUPPRESSIONS = ["not_observed", "paused", "below_min_group", "above_max_share", "below_min_cell"] as const;
export type Suppression = (typeof SUPPRESSIONS)[number];

const LIGHTS = ["good", "dim", "too_dark"] as const;
const PICTURES = ["good", "too_dark", "out_of_focus", "upside_down", "on_its_side", "backlit", "cropped"] as const;
const MESSAGES = ["discovery", "health", "info", "pause", "status"] as const;

export const people = v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(10_000)));
const tally = v.pipe(v.number(), v.integer(), v.minValue(0));
export const level = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
export const instant = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  v.transform((text) => Date.parse(text)),
  v.number(),
);

const recordSchema = v.object({
  schema: v.literal(1),
  mode: v.picklist(["emotions", "presence"]),
  device: level,
  site: level,
  room: level,
  boot: v.pipe(v.string(), v.maxLength(16)),
  seq: tally,
  start: instant,
  end: instant,
  clock: v.picklist(["synced", "unsynced"]),
  frames: v.object({ analysed: tally, expected: tally }),
  faces: v.object({ mean: people, max: people }),
  emotions: v.object(v.entriesFromList(EMOTIONS, people)),
  unsure: people,
  other: people,
  /** People of `faces.mean` who may stand under a wrong emotion; devices of earlier releases do not send it. */
  emotions_error: v.optional(people, null),
  /** Somebody tries the device out, and it is no lesson; devices of earlier releases do not send it. */
  practice: v.optional(v.boolean(), false),
  suppressed: v.nullable(v.picklist(SUPPRESSIONS)),
  privacy: v.object({ min_group: v.number(), max_share: v.number(), min_cell: v.number() }),
  model: v.pipe(v.string(), v.maxLength(100)),
  replayed: v.boolean(),
});
export type Interval = v.InferOutput<typeof recordSchema>;

const infoSchema = v.object({
  device: level,
  site: level,
  room: level,
  version: v.string(),
  interval_seconds: v.pipe(v.number(), v.minValue(1), v.maxValue(3600)),
  model: v.nullable(v.string()),
  /** How the device ended before its latest start; another release may know other ways. */
  last_exit: v.optional(v.string(), "unknown"),
});
export type Info = v.InferOutput<typeof infoSchema>;

/** What explains that numbers are missing; devices of earlier releases do not send it. */
export const explaining = {
  paused_by: v.optional(v.nullable(v.pipe(v.array(v.picklist(["remote", "schedule", "button"])), v.maxLength(3))), null),
  /** Of the latest picture. */
  light: v.optional(v.nullable(v.picklist(LIGHTS)), null),
  /** Whether people can be seen in the pictures, and if not, why. */
  picture: v.optional(v.nullable(v.picklist(PICTURES)), null),
};

const healthSchema = v.object({
  device: level,
  time: v.optional(instant),
  observer: v.picklist(["running", "silent"]),
  camera: v.nullable(v.object({ state: v.picklist(["starting", "running", "retrying", "paused"]), error: v.nullable(v.string()) })),
  frames_per_second: v.nullable(v.number()),
  backlog: tally,
  dropped: tally,
  clock: v.picklist(["synced", "unsynced"]),
  /** Somebody tries the device out; devices of earlier releases do not send it. */
  practice: v.optional(v.boolean(), false),
  ...explaining,
  /** What the broker does not accept, and what the device does not publish for that reason. */
  withheld_messages: v.optional(v.pipe(v.array(v.picklist(MESSAGES)), v.maxLength(MESSAGES.length)), []),
  /** `lost` and `without_subscriber` count since the publisher started; devices of earlier releases send none of these four. */
  lost: v.optional(v.pipe(v.array(v.object({ records: tally })), v.maxLength(8)), []),
  without_subscriber: v.optional(tally, 0),
  /** Files that the publisher may still open. */
  descriptors_free: v.optional(v.nullable(tally), null),
  /** Whether the device would notice that the broker denies a record. */
  refusals_visible: v.optional(v.nullable(v.boolean()), null),
  soc_celsius: v.nullable(v.number()),
});
export type Health = v.InferOutput<typeof healthSchema>;

export type Message =
  | { kind: "record"; record: Interval }
  | { kind: "info"; info: Info }
  | { kind: "health"; health: Health }
  | { kind: "status"; online: boolean }
  | { kind: "pause"; paused: boolean };

export interface Place {
  site: string;
  device: string;
}

const MAX_BYTES = 8192;

/** Site and device that a topic under `base` names, and its leaf; undefined for any other topic. */
export function locate(topic: string, base: string): (Place & { leaf: string }) | undefined {
  if (!topic.startsWith(`${base}/`)) return undefined;
  const [site, device, ...leaf] = topic.slice(base.length + 1).split("/");
  return site && device && leaf.length ? { site, device, leaf: leaf.join("/") } : undefined;
}

/** What the payload of a topic says, or undefined where it does not follow the contract: nothing of such a message is shown. */
export function read(place: Place, leaf: string, payload: Uint8Array): Message | undefined {
  if (payload.length > MAX_BYTES) return undefined;
  const text = new TextDecoder().decode(payload);
  if (leaf === "status") return text === "online" || text === "offline" ? { kind: "status", online: text === "online" } : undefined;
  if (leaf === "pause") return text === "ON" || text === "OFF" ? { kind: "pause", paused: text === "ON" } : undefined;
  try {
    return understand(place, leaf === "counts" || leaf === "counts/backfill" ? "record" : leaf, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The same for JSON that was read already; `kind` is that of a message. */
export function understand(place: Place, kind: string, json: unknown): Message | undefined {
  if (kind === "record") {
    const record = v.safeParse(recordSchema, json);
    return record.success && owns(place, record.output) && coherent(record.output) ? { kind: "record", record: record.output } : undefined;
  }
  if (kind === "info") {
    const info = v.safeParse(infoSchema, json);
    return info.success && owns(place, info.output) ? { kind: "info", info: info.output } : undefined;
  }
  if (kind === "health") {
    const health = v.safeParse(healthSchema, json);
    return health.success && health.output.device === place.device ? { kind: "health", health: health.output } : undefined;
  }
  return undefined;
}

function owns(place: Place, said: Place): boolean {
  return said.device === place.device && said.site === place.site;
}

/** A record whose interval is of a length the daemon makes, and which is silent where it says that it withholds. */
function coherent(record: Interval): boolean {
  const length = record.end - record.start;
  const withheld = record.suppressed !== null && record.suppressed !== "above_max_share" && record.suppressed !== "below_min_cell";
  const silent = record.faces.mean === null && record.unsure === null && record.emotions_error === null && EMOTIONS.every((name) => record.emotions[name] === null);
  return length > 0 && length <= 3_600_000 && (!withheld || silent);
}
