/** What a card or a tile says of a room. */
import type { Device, State } from "./device";
import type { Mix } from "./groups";
import { t } from "./i18n";
import { isThin, shown } from "./series";
import type { Total } from "./school";
import { attention, excuse, people } from "./words";

export interface Glance {
  state: State;
  /** The number of people, or a dash. */
  people: string;
  /** What they show; undefined: nothing is published. */
  mix: Mix | undefined;
  /** What stands in the way of numbers, or bounds them; empty: nothing does. */
  words: string;
  /** Whether a person must act. */
  attention: boolean;
}

const BROKEN: readonly State[] = ["no camera", "stale", "offline"];

export function glance(device: Device, now: number): Glance {
  const record = device.current(now);
  const partly = record?.suppressed ? t(`why_${record.suppressed}`) : undefined;
  const thin = record && isThin(record) ? t("thin", record.frames) : undefined;
  return {
    state: device.state(now),
    people: record ? people(record.faces.mean) : t("nothing"),
    mix: record && { labels: shown(record), other: record.other },
    words: excuse(device, now) ?? partly ?? thin ?? "",
    attention: attention(device).length > 0,
  };
}

/** Whether somebody has to see to a device: it is silent, or asks for it. */
export function isTroubled(device: Device, now: number): boolean {
  return BROKEN.includes(device.state(now)) || attention(device).length > 0;
}

/** How many people there are in all, and which rooms have no part in it. */
export function totalWords(total: Total): string {
  const { rooms, practising } = total;
  const practice = practising ? t("total_practice", { count: practising }) : "";
  if (rooms && practising === rooms) return practice; // "0 people" beside the number of the only room would be wrong
  const sum = sumWords(total);
  return practice ? `${t("full_stop", { text: sum })} ${practice}` : sum;
}

function sumWords({ people, counted, rooms, practising }: Total): string {
  if (rooms && !counted) return t("total_none");
  if (counted + practising === rooms) return t("total_all", { people, rooms: counted });
  return t("total", { people, counted, rooms });
}
