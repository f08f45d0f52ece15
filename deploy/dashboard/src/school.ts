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
  private readonly rooms = new Map<string, Set<Device>>();
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
    for (const device of this.devices.values()) {
      device.listening = since;
      if (!connected) device.rest();
    }
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
      this.enter(device);
    }
    const { room } = device;
    if (!device.take(message, now)) return;
    if (device.room !== room) {
      this.leave(device, room);
      this.enter(device);
    }
    this.changed();
  }

  /** Forget a device that was decommissioned. */
  remove(place: Place): void {
    const device = this.devices.get(deviceKey(place));
    if (!device) return;
    this.devices.delete(device.key);
    this.leave(device, device.room);
    this.changed();
  }

  private enter(device: Device): void {
    const key = roomKey(device.place.site, device.room);
    const those = this.rooms.get(key) ?? new Set();
    this.rooms.set(key, those.add(device));
    this.share(those);
  }

  /** `room`: the name of the one that a device leaves. */
  private leave(device: Device, room: string): void {
    const key = roomKey(device.place.site, room);
    const those = this.rooms.get(key);
    those?.delete(device);
    if (those?.size === 0) this.rooms.delete(key);
    this.share(those ?? []);
  }

  private share(those: Iterable<Device>): void {
    this.arrangement++;
    const all = [...those];
    for (const device of all) device.shared = all.length > 1;
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

/** Names a device's room among those of all sites. */
function roomKey(site: string, room: string): string {
  return JSON.stringify([site, room]);
}

export interface Total {
  rooms: number;
  /** Rooms that tell a number. */
  counted: number;
  /** Rooms in which somebody tries the device out; they are not counted. */
  practising: number;
  people: number;
}

/**
 * What rooms that tell a number add up to; the others count for nothing, not for 0. Of several devices in a room the one that sees the most
 * people counts: they may see the same ones.
 */
export function total(devices: Iterable<Device>, now: number): Total {
  const people = new Map<string, number | "practice" | undefined>();
  for (const device of devices) {
    const key = roomKey(device.place.site, device.room);
    const [before, seen] = [people.get(key), peopleOf(device, now)];
    const both = typeof before === "number" && typeof seen === "number";
    people.set(key, both ? Math.max(before, seen) : typeof before === "number" ? before : (seen ?? before));
  }
  const all = [...people.values()];
  const numbers = all.filter((each) => typeof each === "number");
  return { rooms: people.size, counted: numbers.length, practising: all.filter((each) => each === "practice").length, people: numbers.reduce((sum, each) => sum + each, 0) };
}

/** How many people a device tells; undefined: no number. */
function peopleOf(device: Device, now: number): number | "practice" | undefined {
  return device.practises ? "practice" : (device.current(now)?.faces.mean ?? undefined);
}

const collator = new Intl.Collator(undefined, { numeric: true });
