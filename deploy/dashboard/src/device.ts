/** What is known of one device, which watches one room. */
import { Circumstances } from "./circumstances";
import type { Health, Info, Interval, Message, Place, Suppression } from "./contract";
import { Heard } from "./heard";
import { Series } from "./series";

const STALE_INTERVALS = 3;
const LESSON_STRETCH = 10_000;
const LESSON_COUNT = 9 * 60; // an hour and a half
const DAY_STRETCH = 120_000;
const DAY_COUNT = 720;

export type State = "counting" | "withheld" | "paused" | "no camera" | "stale" | "unheard" | "offline" | "waiting";

export class Device {
  readonly key: string;
  room: string;
  /** Whether another device is in the same room. */
  shared = false;
  info: Info | undefined;
  health: Health | undefined;
  online: boolean | undefined;
  paused = false;
  latest: Interval | undefined;
  /** End of the latest record with a number of people, milliseconds since 1970; undefined: none is known. */
  counted: number | undefined;
  /** When the latest record arrived, milliseconds of `performance.now`. */
  arrived = 0;
  lesson: Series | undefined;
  day: Series | undefined;
  readonly circumstances = new Circumstances();
  private readonly heard = new Heard();

  /** `listening`: since when the page can read what devices say, milliseconds of `performance.now`; Infinity: it cannot. */
  constructor(
    readonly place: Place,
    public listening = Number.NEGATIVE_INFINITY,
  ) {
    this.key = deviceKey(place);
    this.room = place.device;
  }

  /** Take in a message that arrived at `now`, milliseconds of `performance.now`; false where it changes nothing. */
  take(message: Message, now: number): boolean {
    switch (message.kind) {
      case "record":
        return this.takeRecord(message.record, now);
      case "info":
        this.info = message.info;
        this.room = message.info.room;
        return true;
      case "health":
        this.health = message.health;
        this.circumstances.learn(message.health.time ?? Date.now(), message.health);
        return true;
      case "status":
        this.online = message.online;
        return true;
      case "pause":
        this.paused = message.paused;
        return true;
    }
  }

  /** Take in a record of the past: it changes the course, and not what is shown as now. */
  remember(record: Interval): void {
    this.learn(record);
  }

  /** The name of its room, with its own where that would not tell it from another one. */
  get title(): string {
    return this.shared ? `${this.room} (${this.place.device})` : this.room;
  }

  /** Nothing is heard from here on: what is published until then is not missing, it is not known. */
  rest(): void {
    this.heard.rest();
  }

  get missing(): number {
    return this.heard.missing;
  }

  /** Whether somebody tries the device out: it says so, or its latest record does. */
  get practises(): boolean {
    return this.health?.practice === true || this.latest?.practice === true;
  }

  /** Milliseconds since the latest record arrived. */
  age(now: number): number {
    return this.latest ? now - this.arrived : Number.POSITIVE_INFINITY;
  }

  state(now: number): State {
    if (this.online === false) return "offline";
    if (this.paused) return "paused";
    const camera = this.health?.camera;
    if (this.health?.observer === "silent" || camera?.state === "retrying") return "no camera";
    if (!this.latest) return "waiting";
    const patience = STALE_INTERVALS * (this.latest.end - this.latest.start);
    // Where nothing can be read, silence says nothing of a device.
    if (this.age(now) > patience) return now - this.listening > patience ? "stale" : "unheard";
    if (this.latest.suppressed === "paused") return "paused";
    return this.latest.faces.mean === null ? "withheld" : "counting";
  }

  /** The record of how it is now, or undefined where there is none. */
  current(now: number): Interval | undefined {
    return this.state(now) === "counting" ? this.latest : undefined;
  }

  /** Why there are no numbers, where a record says so. */
  withheld(now: number): Suppression | undefined {
    return this.state(now) === "withheld" ? (this.latest?.suppressed ?? undefined) : undefined;
  }

  private takeRecord(record: Interval, now: number): boolean {
    const { latest } = this;
    const fresh = this.learn(record);
    // A record that was read from the history may arrive live later, and is the latest then.
    const later = !record.replayed && (!latest || record.seq > latest.seq || record.boot !== latest.boot); // by number: clocks jump
    if (later || !latest) this.room = record.room;
    if (later) {
      this.latest = record;
      this.arrived = now;
    }
    return fresh || later;
  }

  /** Add a record to the course; false where it was there before. */
  private learn(record: Interval): boolean {
    if (!this.heard.add(record.boot, record.seq)) return false;
    if (record.faces.mean !== null) this.counted = Math.max(this.counted ?? 0, record.end);
    if (record.practice) return true; // no lesson, so it is in no course and no average
    this.lesson ??= new Series(LESSON_STRETCH, LESSON_COUNT);
    this.day ??= new Series(DAY_STRETCH, DAY_COUNT);
    this.lesson.add(record);
    this.day.add(record);
    return true;
  }
}

export function deviceKey({ site, device }: Place): string {
  return `${site}/${device}`;
}
