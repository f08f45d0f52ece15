/** Alerts, as a hub knows them: what is configured, what is active now, and a test of the receivers. */
import * as v from "valibot";
import type { Hub } from "./hub";

const instant = v.pipe(v.string(), v.transform(Date.parse), v.number());
const text = v.pipe(v.string(), v.maxLength(1000));

const alert = v.object({ kind: text, site: text, subject: text, room: text, detail: text, since: instant });
export type Alert = v.InferOutput<typeof alert>;
const limits = v.object({ silent_minutes: v.number(), camera_minutes: v.number(), spool_records: v.number(), certificate_days: v.number(), disk_megabytes: v.number() });
export type Limits = v.InferOutput<typeof limits>;
const state = v.object({ receivers: v.array(text), limits, quiet: v.nullable(v.object({ begin: text, end: text, timezone: text })), alerts: v.array(alert) });
export type AlertState = v.InferOutput<typeof state>;
const outcomes = v.object({ receivers: v.array(v.object({ receiver: text, problem: text })) });
/** What became of a test with one receiver; `problem`: empty where it took the message. */
export type Outcome = v.InferOutput<typeof outcomes>["receivers"][number];

/** Milliseconds: ten receivers are the most, and the hub gives each half a minute. */
const TEST_TIMEOUT = 320_000;

export class HubAlerts {
  constructor(private readonly hub: Hub) {}

  /** Whether this login may send a test: without accounts nobody may change anything. */
  get mayTest(): boolean {
    return Boolean(this.hub.session?.csrf);
  }

  read(): Promise<AlertState> {
    return this.hub.get("alerts", {}, state);
  }

  async test(): Promise<Outcome[]> {
    return (await this.hub.ask("alerts/test", outcomes, TEST_TIMEOUT)).receivers;
  }
}
