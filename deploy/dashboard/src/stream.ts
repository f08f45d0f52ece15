/** Live data of a hub: server-sent events. After each interruption the page asks for what it missed. */
import * as v from "valibot";
import { level, type Message, type Place, understand } from "./contract";
import { type Hub, HubError } from "./hub";
import { t } from "./i18n";
import type { School } from "./school";
import type { Listener } from "./way";

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;
/** Milliseconds. So often the hub is asked how it stands: a browser does not notice a connection that is merely silent. */
const CHECK_EVERY = 10_000;

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
const state = v.object({ connected: v.boolean() });
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

  constructor(
    private readonly hub: Hub,
    private readonly school: School,
    private readonly listener: Listener,
  ) {
    listener.link("hub_connecting");
    this.open();
  }

  close(): void {
    this.closed = true;
    this.source?.close();
    clearTimeout(this.timer);
  }

  private open(): void {
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
      const { connected } = await this.hub.get("state", {}, state);
      if (source !== this.source || this.closed) return;
      this.listener.link(connected ? "connected" : "hub_no_broker");
    } catch (error) {
      if (source !== this.source || this.closed) return;
      if (!(error instanceof HubError) || error.status !== 403) return void this.lost(source, false);
      this.listener.link("connected"); // this user may not read how the hub stands
    }
    this.timer = window.setTimeout(() => void this.check(source), CHECK_EVERY);
  }

  private async lost(source: EventSource, answered: boolean): Promise<void> {
    if (source !== this.source || this.closed) return;
    source.close();
    this.source = undefined;
    clearTimeout(this.timer);
    this.listener.link("hub_lost");
    try {
      if ((await this.hub.check()) === "closed") return this.listener.refused(t("session_ended"));
      if (answered && !this.closed) this.listener.link("hub_full");
    } catch {
      // it does not answer; the next try will tell
    }
    if (this.closed) return;
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
