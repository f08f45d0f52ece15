/** The past of a room, from a hub. */
import * as v from "valibot";
import { HOLDS } from "./circumstances";
import { EMOTIONS, explaining, type Interval, instant, LABELS, people, SUPPRESSIONS, understand } from "./contract";
import type { Device } from "./device";
import { type Hub, HubError } from "./hub";
import { t } from "./i18n";
import { room, subject } from "./lessons";
import { Series } from "./series";
import { nothing, type Stretch } from "./stretch";
import type { History } from "./way";

/** Milliseconds: what the chart of a lesson can show. */
const RECENT = 90 * 60_000;
/** A device whose clock is ahead publishes records of the time to come. */
const AHEAD = 60 * 60_000;
const STRETCH = 10_000;
/** By so much averages of one time may differ from their sum: the hub rounds these ten to two decimals, each by up to 0.005. */
const ROUNDED = 0.06;
/** As many records as a hub gives at once. */
const PAGE = 5000;
/** Six hours, the longest time that can be chosen, of two cameras with five-second intervals have 8,640 records. */
const MOST_PAGES = 20;

const records = v.object({ records: v.array(v.unknown()), next: v.nullable(v.string()) });
const sender = v.object({ device: v.string() });
const healths = v.object({ health: v.array(v.object({ time: instant, ...explaining })) });
const averages = v.object({
  averages: v.array(
    v.object({
      start: v.pipe(v.string(), v.transform(Date.parse), v.number()),
      seconds: v.number(),
      seconds_told: v.number(),
      seconds_withheld: v.record(v.string(), v.number()),
      faces: v.object({ mean: people }),
      emotions: v.object(v.entriesFromList(EMOTIONS, people)),
      unsure: people,
      other: people,
      emotions_error: people,
    }),
  ),
});
export type Average = v.InferOutput<typeof averages>["averages"][number];

export class HubHistory implements History {
  constructor(private readonly hub: Hub) {}

  async recent(device: Device): Promise<void> {
    const now = Date.now();
    await this.explain(device, now - RECENT, now + AHEAD);
    await this.each(device, now - RECENT, now + AHEAD, (record, id) => {
      if (id === device.place.device) device.remember(record);
    });
  }

  async lesson(device: Device, from: number, until: number): Promise<Series> {
    const found = new Map<string, { series: Series; told: number }>();
    await this.explain(device, from, until);
    // A record belongs to the lesson in which it ended; one that ends with the lesson has this as its end.
    await this.each(device, from + 1000, until + 1000, (record, id) => {
      const of = found.get(id) ?? { series: new Series(STRETCH, Math.ceil((until - from) / STRETCH) + 1), told: 0 };
      found.set(id, of);
      if (record.practice) return; // no lesson, so it is in no course and no average
      of.series.add(record);
      if (record.faces.mean !== null) of.told += record.end - record.start;
    });
    // As the hub chooses whose numbers its sentences are of.
    const others = [...found].sort(([a, one], [b, other]) => other.told - one.told || (a < b ? -1 : 1)).map(([, of]) => of);
    return (found.get(device.place.device) ?? others[0])?.series ?? new Series(STRETCH, 1);
  }

  async averages(device: Device, from: number, until: number, width: number): Promise<Stretch[]> {
    // The sums by hour that a hub keeps are of whole rooms: those of one device cost it much more.
    const of = device.shared ? subject(device) : room(device);
    const query = { ...of, ...span(from, until), resolution: width < 3_600_000 ? "minute" : "hour" };
    const answer = await this.hub.get("averages", query, averages);
    return stretches(answer.averages, from, until, width);
  }

  /** Read the records of a time in a device's room, page by page; `take` gets the id of the device, too. */
  private async each(device: Device, from: number, until: number, take: (record: Interval, id: string) => void): Promise<void> {
    const query = { ...room(device), ...span(from, until), limit: String(PAGE) };
    let after: string | null = null;
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer: v.InferOutput<typeof records> = await this.hub.get("records", after === null ? query : { ...query, after }, records);
      for (const json of answer.records) {
        const id = v.safeParse(sender, json);
        const message = id.success && understand({ ...device.place, device: id.output.device }, "record", json);
        if (message && message.kind === "record") take(message.record, id.output.device);
      }
      after = answer.next;
      if (after === null) return;
    }
    throw new HubError(200, t("history_long", { count: PAGE * MOST_PAGES })); // without a word, the rest would look like a gap
  }

  /** Learn what the device said about itself: it explains missing numbers, and nothing is lost without it. */
  private async explain(device: Device, from: number, until: number): Promise<void> {
    const { site, device: id } = device.place;
    try {
      // Each holds until the next one, so that of the begin was said before it.
      const answer = await this.hub.get("health", { site, device: id, ...span(from - HOLDS, until) }, healths);
      for (const { time, ...health } of answer.health) device.circumstances.learn(time, health);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
    }
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
  const values = [...EMOTIONS.map((name) => average.emotions[name]), average.unsure];
  const { mean } = average.faces;
  const sum = values.reduce<number>((all, value) => all + (value ?? 0), average.other ?? 0);
  // Each average is of the time for which that emotion was published: those of different times must not stand beside each other.
  const mixed = mean !== null && Math.abs(sum - mean) > ROUNDED;
  const [longest] = SUPPRESSIONS.map((why) => ({ why, seconds: average.seconds_withheld[why] ?? 0 })).sort((a, b) => b.seconds - a.seconds);
  return {
    start: average.start,
    people: mean,
    labels: mixed ? LABELS.map(() => null) : values,
    other: mixed ? null : average.other,
    error: average.emotions_error,
    covered: Math.min(1, (average.seconds * 1000) / width),
    published: Math.min(1, (average.seconds_told * 1000) / width),
    thin: 0,
    why: longest?.seconds ? longest.why : undefined,
    held: Math.min(width, (longest?.seconds ?? 0) * 1000),
  };
}

function span(from: number, until: number): Record<string, string> {
  return { from: new Date(from).toISOString(), to: new Date(until).toISOString() };
}
