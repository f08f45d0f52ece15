/** All devices that this login may hear. */
import { locate, read } from "./contract";
import { Device } from "./device";

const MOST_DEVICES = 5000;

export class School {
  readonly devices = new Map<string, Device>();
  /** Messages that kept not to the contract. */
  unreadable = 0;
  /** Changes whenever `sorted` would return another order. */
  arrangement = 0;

  constructor(
    private readonly base: string,
    private readonly changed: () => void,
  ) {}

  take(topic: string, payload: Uint8Array, now: number): void {
    const place = locate(topic, this.base);
    if (!place) return;
    const key = `${place.site}/${place.device}`;
    if (payload.length === 0) {
      if (place.leaf !== "status" || !this.devices.delete(key)) return;
      this.arrangement++;
      this.changed(); // decommissioned
      return;
    }
    const message = read(place, place.leaf, payload);
    if (!message) {
      this.unreadable++;
      return;
    }
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

  /** By room, as a person would sort them: B2 before B12. */
  sorted(): Device[] {
    return [...this.devices.values()].sort((a, b) => collator.compare(a.room, b.room) || collator.compare(a.key, b.key));
  }

  /** What the rooms that tell a number add up to; the others count for nothing, not for 0. */
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
