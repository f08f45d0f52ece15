/** All devices that this login may hear. */
import { locate, type Message, type Place, read } from "./contract";
import { Device, deviceKey } from "./device";

const MOST_DEVICES = 5000;

export class School {
  readonly devices = new Map<string, Device>();
  /** Messages that do not follow the contract. */
  unreadable = 0;
  /** Changes whenever `sorted` would return another order. */
  arrangement = 0;
  private listening = Number.POSITIVE_INFINITY;

  constructor(
    private readonly base: string,
    private readonly changed: () => void,
  ) {}

  /** Take in whether something can be read from `now` on, milliseconds of `performance.now`. */
  listen(connected: boolean, now: number): void {
    const since = connected ? Math.min(this.listening, now) : Number.POSITIVE_INFINITY;
    if (since === this.listening) return;
    this.listening = since;
    for (const device of this.devices.values()) device.listening = since;
    this.changed();
  }

  /** Take in what a broker sent. */
  take(topic: string, payload: Uint8Array, now: number): void {
    const place = locate(topic, this.base);
    if (!place) return;
    if (payload.length > 0) this.hear(place, read(place, place.leaf, payload), now);
    else if (place.leaf === "status") this.remove(place);
  }

  /** Take in a message that arrived at `now`, milliseconds of `performance.now`; undefined: it does not follow the contract. */
  hear(place: Place, message: Message | undefined, now: number): void {
    if (!message) {
      this.unreadable++;
      return;
    }
    const key = deviceKey(place);
    let device = this.devices.get(key);
    if (!device) {
      if (this.devices.size >= MOST_DEVICES) return;
      device = new Device({ site: place.site, device: place.device }, this.listening);
      this.devices.set(key, device);
      this.arrangement++;
    }
    const { room } = device;
    if (!device.take(message, now)) return;
    if (device.room !== room) this.arrangement++;
    this.changed();
  }

  /** Forget a device that was decommissioned. */
  remove(place: Place): void {
    if (!this.devices.delete(deviceKey(place))) return;
    this.arrangement++;
    this.changed();
  }

  /** By room, as a person would sort them: B2 before B12. */
  sorted(): Device[] {
    return [...this.devices.values()].sort((a, b) => collator.compare(a.room, b.room) || collator.compare(a.key, b.key));
  }

  /** Names of the sites that have devices. */
  sites(): string[] {
    return [...new Set([...this.devices.values()].map(({ place }) => place.site))].sort(collator.compare);
  }
}

export interface Total {
  rooms: number;
  /** Rooms that tell a number. */
  counted: number;
  /** Rooms in which somebody tries the device out; they are not counted. */
  practising: number;
  people: number;
}

/** What rooms that tell a number add up to; the others count for nothing, not for 0. */
export function total(devices: Iterable<Device>, now: number): Total {
  const sum = { rooms: 0, counted: 0, practising: 0, people: 0 };
  for (const device of devices) {
    sum.rooms++;
    if (device.practises) {
      sum.practising++;
      continue;
    }
    const mean = device.current(now)?.faces.mean;
    if (mean === undefined || mean === null) continue;
    sum.counted++;
    sum.people += mean;
  }
  return sum;
}

const collator = new Intl.Collator(undefined, { numeric: true });
