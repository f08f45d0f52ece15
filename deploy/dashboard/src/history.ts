/** The past of a room, from a hub. */
import * as v from "valibot";
import { EMOTIONS, LABELS, people, SUPPRESSIONS, understand } from "./contract";
import type { Device } from "./device";
import type { Hub } from "./hub";
import { nothing, type Stretch } from "./series";
import type { History } from "./way";

/** Milliseconds: what the chart of a lesson can show. */
const RECENT = 90 * 60_000;
/** A device whose clock is ahead publishes records of the time to come. */
const AHEAD = 60 * 60_000;
const PAGE = 1000;
/** An hour and a half of five-second intervals has 1,080 records. */
const MOST_PAGES = 5;

const records = v.object({ records: v.array(v.unknown()), next: v.nullable(v.string()) });
const averages = v.object({
  averages: v.array(
    v.object({
      start: v.pipe(v.string(), v.transform(Date.parse), v.number()),
      seconds: v.number(),
      seconds_withheld: v.record(v.string(), v.number()),
      faces: v.object({ mean: people }),
      emotions: v.object(v.entriesFromList(EMOTIONS, people)),
      unsure: people,
    }),
  ),
});
export type Average = v.InferOutput<typeof averages>["averages"][number];

export class HubHistory implements History {
  constructor(private readonly hub: Hub) {}

  async recent(device: Device): Promise<void> {
    const now = Date.now();
    const query = { ...room(device), ...span(now - RECENT, now + AHEAD), limit: String(PAGE) };
    let after: string | null = null;
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer: v.InferOutput<typeof records> = await this.hub.get("records", after === null ? query : { ...query, after }, records);
      for (const json of answer.records) {
        const message = understand(device.place, "record", json); // not of another device in this room
        if (message?.kind === "record") device.remember(message.record);
      }
      after = answer.next;
      if (after === null) return;
    }
  }

  async averages(device: Device, from: number, until: number, width: number): Promise<Stretch[]> {
    const query = { ...room(device), ...span(from, until), resolution: width < 3_600_000 ? "minute" : "hour" };
    const answer = await this.hub.get("averages", query, averages);
    return stretches(answer.averages, from, until, width);
  }
}

/** Averages as the chart draws them, with those between that no record is of. */
export function stretches(found: Average[], from: number, until: number, width: number): Stretch[] {
  const known = new Map(found.map((average) => [average.start, average]));
  const all: Stretch[] = [];
  for (let start = Math.floor(from / width) * width; start < until; start += width) {
    const average = known.get(start);
    all.push(average ? stretch(average, width) : nothing(start));
  }
  return all;
}

function stretch(average: Average, width: number): Stretch {
  const labels = [...EMOTIONS.map((name) => average.emotions[name]), average.unsure];
  const detailed = labels.every((value) => value !== null);
  const [longest] = SUPPRESSIONS.map((why) => ({ why, seconds: average.seconds_withheld[why] ?? 0 })).sort((a, b) => b.seconds - a.seconds);
  return {
    start: average.start,
    people: average.faces.mean,
    labels: detailed ? labels : LABELS.map(() => null),
    covered: Math.min(1, (average.seconds * 1000) / width),
    thin: 0,
    why: !detailed && longest?.seconds ? longest.why : undefined,
  };
}

function room(device: Device): Record<string, string> {
  return { site: device.place.site, room: device.room };
}

function span(from: number, until: number): Record<string, string> {
  return { from: new Date(from).toISOString(), to: new Date(until).toISOString() };
}
