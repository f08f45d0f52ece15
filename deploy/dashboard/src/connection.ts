/** The one connection to the broker: subscribes, reconnects by itself with jitter, and says how it stands. */
import mqtt, { type MqttClient } from "mqtt";
import type { Link } from "./link";

export interface Login {
  url: string;
  username: string;
  password: string;
}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;
/** Milliseconds. A connection that ends before this time is a short one. */
const STEADY = 20_000;
/** After so many short connections in a row another client may use this login: the broker serves the latest one. */
const MANY = 3;
const CONNECT_TIMEOUT = 10_000;
/** Seconds. Browsers wake a tab in the background once a minute, which must be often enough. */
const KEEPALIVE = 90;
const REFUSALS = [4, 5, 134, 135]; // CONNACK of MQTT 3.1.1 and 5: bad user name or password, not authorised
const LEAVES = ["status", "counts", "counts/backfill", "health", "info", "pause"];

export class Connection {
  private readonly client: MqttClient;
  private attempts = 0;
  private short = 0;
  private since: number | undefined;
  /** Whether the broker has answered once. */
  private met = false;

  constructor(
    login: Login,
    base: string,
    onMessage: (topic: string, payload: Uint8Array) => void,
    onLink: (link: Link) => void,
  ) {
    this.client = mqtt.connect(login.url, {
      clientId: `emotion-edge-dashboard-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`,
      protocolVersion: 4,
      clean: true,
      keepalive: KEEPALIVE,
      timerVariant: "native", // a worker would have to be made of a blob, which the Content-Security-Policy forbids
      connectTimeout: CONNECT_TIMEOUT,
      reconnectPeriod: FIRST_WAIT,
      resubscribe: false,
      queueQoSZero: false,
      ...(login.username ? { username: login.username, password: login.password } : {}),
    });
    this.client.on("connect", () => {
      this.since = performance.now();
      this.met = true;
      this.client.subscribe(
        LEAVES.map((leaf) => `${base}/+/+/${leaf}`),
        { qos: 1 },
        // Before the broker has granted them what is published passes by.
        (error) => {
          if (this.client.connected) onLink(error ? "no_rights" : "connected");
        },
      );
    });
    this.client.on("message", (topic, payload) => onMessage(topic, payload));
    this.client.on("close", () => {
      if (this.since !== undefined) {
        const steady = performance.now() - this.since >= STEADY;
        this.since = undefined;
        this.short = steady ? 0 : this.short + 1;
        if (steady || this.short < MANY) this.attempts = 0; // else the wait grows: two pages would end each other's session
      }
      this.attempts++;
      const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(this.attempts, 5));
      this.client.options.reconnectPeriod = FIRST_WAIT / 2 + Math.random() * longest;
      onLink(this.met ? (this.short < MANY ? "lost" : "taken") : login.url.startsWith("wss:") ? "closed_tls" : "closed");
    });
    this.client.on("error", (error) => {
      if (!("code" in error) || !REFUSALS.includes(Number(error.code))) return;
      this.client.end(true);
      onLink("refused");
    });
    onLink("connecting");
  }

  close(): void {
    this.client.removeAllListeners();
    this.client.on("error", () => undefined);
    this.client.end(true);
  }
}
