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

  constructor(
    private readonly base: string,
    private readonly changed: () => void,
  ) {}

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
      device = new Device({ site: place.site, device: place.device });
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

  /** What the rooms that publish a number add up to; the others count for nothing, not for 0. */
  total(now: number): { rooms: number; counted: number; people: number } {
    let counted = 0;
    let people = 0;
    for (const device of this.devices.values()) {
      const mean = device.current(now)?.faces.mean;
      if (mean === undefined || mean === null) continue;
      counted++;
      people += mean;
    }
    return { rooms: this.devices.size, counted, people };
  }
}

const collator = new Intl.Collator(undefined, { numeric: true });
