/** Live data of a hub: server-sent events. After each interruption the page asks for what it missed. */
import * as v from "valibot";
import { level, type Message, type Place, understand } from "./contract";
import { deviceKey } from "./device";
import { type Hub, HubError } from "./hub";
import { t } from "./i18n";
import type { School } from "./school";
import type { Listener } from "./way";

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;
/** Milliseconds. So often the hub is asked how it stands: a browser does not notice a connection that is merely silent. */
const CHECK_EVERY = 10_000;

/** Milliseconds. A page that nobody sees for so long lets go of its connection: a browser has six for each server. */
const REST_AFTER = 60_000;

const place = v.object({ site: level, device: level });
const device = v.object({
  ...place.entries,
  online: v.nullable(v.boolean()),
  paused: v.nullable(v.boolean()),
  age: v.nullable(v.number()),
  record: v.unknown(),
  health: v.unknown(),
  info: v.unknown(),
});
const devices = v.object({ devices: v.array(device) });
const state = v.object({ connected: v.boolean(), problem: v.string() });
const status = v.pipe(v.object({ online: v.boolean() }), v.transform(({ online }): Message => ({ kind: "status", online })));
const pause = v.pipe(v.object({ paused: v.boolean() }), v.transform(({ paused }): Message => ({ kind: "pause", paused })));

type Event = { kind: string; data: unknown; now: number };

export class Stream {
  private source: EventSource | undefined;
  private timer: number | undefined;
  private attempts = 0;
  /** Events that came while the page asks for what it missed. */
  private waiting: Event[] | undefined;
  private closed = false;
  private resting = false;
  private rest: number | undefined;
  private readonly seen = () => this.sight();

  constructor(
    private readonly hub: Hub,
    private readonly school: School,
    private readonly listener: Listener,
  ) {
    document.addEventListener("visibilitychange", this.seen);
    this.open();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.seen);
    clearTimeout(this.rest);
    this.hangUp();
  }

  private hangUp(): void {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.timer);
  }

  /** Rest while nobody sees the page; go on at once when somebody does. */
  private sight(): void {
    clearTimeout(this.rest);
    if (document.hidden) {
      this.rest = window.setTimeout(() => {
        this.resting = true;
        this.hangUp();
        this.listener.link("hub_connecting"); // nothing is read from here on
      }, REST_AFTER);
    } else if (this.resting) {
      this.resting = false;
      this.open();
    }
  }

  private open(): void {
    if (this.attempts === 0) this.listener.link("hub_connecting");
    const source = new EventSource(this.hub.live);
    this.source = source;
    this.waiting = [];
    source.addEventListener("open", () => void this.opened(source));
    source.addEventListener("error", () => void this.lost(source, source.readyState === EventSource.CLOSED));
    for (const kind of ["record", "health", "info", "status", "pause", "removed"]) {
      source.addEventListener(kind, (event) => this.heard({ kind, data: parse(event.data), now: performance.now() }));
    }
  }

  private async opened(source: EventSource): Promise<void> {
    try {
      const known = await this.hub.get("devices", {}, devices);
      if (source !== this.source || this.closed) return;
      this.resume(known.devices);
      this.attempts = 0;
      await this.check(source);
    } catch {
      await this.lost(source, false);
    }
  }

  /** Take in what is known of each device, and then what came meanwhile. */
  private resume(known: v.InferOutput<typeof devices>["devices"]): void {
    const now = performance.now();
    for (const { site, device, online, paused, age, record, health, info } of known) {
      const at = { site, device };
      if (online !== null) this.school.hear(at, { kind: "status", online }, now);
      if (paused !== null) this.school.hear(at, { kind: "pause", paused }, now);
      if (info) this.school.hear(at, understand(at, "info", info), now);
      if (health) this.school.hear(at, understand(at, "health", health), now);
      if (record) this.school.hear(at, understand(at, "record", record), now - (age ?? 0) * 1000);
    }
    const keys = new Set(known.map(deviceKey));
    for (const [key, { place }] of this.school.devices) if (!keys.has(key)) this.school.remove(place); // decommissioned meanwhile
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const event of waiting) this.take(event);
    this.listener.complete();
  }

  private heard(event: Event): void {
    if (this.waiting) this.waiting.push(event);
    else this.take(event);
  }

  private take({ kind, data, now }: Event): void {
    const at = v.safeParse(place, data);
    if (!at.success) this.school.unreadable++;
    else if (kind === "removed") this.school.remove(at.output);
    else this.school.hear(at.output, message(at.output, kind, data), now);
  }

  /** Ask how the hub stands, again and again while the connection holds. */
  private async check(source: EventSource): Promise<void> {
    try {
      const { connected, problem } = await this.hub.get("state", {}, state);
      if (source !== this.source || this.closed) return;
      this.listener.link(!connected ? "hub_no_broker" : problem ? "hub_problem" : "connected");
    } catch (error) {
      if (source !== this.source || this.closed) return;
      if (!(error instanceof HubError) || error.status === 0 || error.status === 401) return void this.lost(source, false);
      this.listener.link("hub_problem"); // it answers, but cannot read its database
    }
    this.timer = window.setTimeout(() => void this.check(source), CHECK_EVERY);
  }

  private async lost(source: EventSource, answered: boolean): Promise<void> {
    if (source !== this.source || this.closed) return;
    this.hangUp();
    this.listener.link("hub_lost");
    try {
      if ((await this.hub.check()) === "closed") return this.listener.refused(t("session_ended"));
      if (answered && !this.closed) this.listener.link("hub_full");
    } catch {
      // it does not answer; the next try shows whether it does
    }
    if (this.closed || this.resting || this.source) return;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempts++) * (0.5 + Math.random());
    this.timer = window.setTimeout(() => this.open(), wait);
  }
}

function message(at: Place, kind: string, data: unknown): Message | undefined {
  if (kind !== "status" && kind !== "pause") return understand(at, kind, data);
  const found = v.safeParse(kind === "status" ? status : pause, data);
  return found.success ? found.output : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
