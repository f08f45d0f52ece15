/** How data come to the page: from a broker by MQTT, or from a hub by HTTP. */
import type { Device } from "./device";
import type { HubAlerts } from "./alerts";
import type { Hub } from "./hub";
import type { HubLessons } from "./lessons";
import type { Link } from "./link";
import type { School } from "./school";
import type { Series } from "./series";
import type { Stretch } from "./stretch";

export interface Listener {
  /** `broker`: its address, where the page talks to it. */
  link(link: Link, broker?: string): void;
  /** All that is known now has arrived; called again after each interruption. */
  complete(): void;
  /** The user name, password or session is not accepted (any more); `why` is for the user. */
  refused(why: string): void;
}

/** The past of a room, where it is kept. */
export interface History {
  /** Give a device the records of the last hour and a half that it has not heard. */
  recent(device: Device): Promise<void>;
  /** The records of a time of the past. */
  lesson(device: Device, from: number, until: number): Promise<Series>;
  /** Averages over stretches of `width`, a minute or an hour, in milliseconds. */
  averages(device: Device, from: number, until: number, width: number): Promise<Stretch[]>;
}

/** Who paused a device, as far as that is known. */
export interface Pause {
  by: string | undefined;
  /** Milliseconds since 1970. */
  since: number | undefined;
  until: number | undefined;
}

/** Pauses devices, where this user may. */
export interface Pauses {
  allowed(device: Device): boolean;
  current(device: Device): Promise<Pause | undefined>;
  /** `until`: milliseconds since 1970; undefined: until somebody resumes. */
  pause(device: Device, until: number | undefined): Promise<void>;
  resume(device: Device): Promise<void>;
}

export interface Way {
  /** Whether data can be had without asking who is there. */
  readonly admitted: boolean;
  /** Whether there is something to log out from. */
  readonly leavable: boolean;
  /** Name of who is logged in; empty where that is not known. */
  readonly user: string;
  /** Whether others in the network can read what is transmitted. */
  readonly unencrypted: boolean;
  readonly history?: History;
  readonly pauses?: Pauses;
  readonly lessons?: HubLessons;
  /** For administrators. */
  readonly alerts?: HubAlerts | undefined;
  /** Where who is there may have a password to change. */
  readonly passwords?: Hub | undefined;
  /** A form that asks who is there; `admitted` is called when the answer was accepted, or can be tried. */
  ask(problem: string, admitted: () => void): HTMLElement;
  /**
   * Let data come.
   * @throws Error where the address is not one
   */
  open(school: School, listener: Listener): { close(): void };
  leave(): Promise<void>;
}
