/** Why a device is silent: since when, how it ended before, and what to do. */
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { moment, t } from "./i18n";

/** How a device says that it ended before its latest start; what it does not know says nothing. */
const EXITS = ["clean", "crash or power loss", "records lost"] as const;

export class Silence {
  private readonly list = h("ul", {});
  readonly element = h("section", { class: "silence", "aria-labelledby": "silence" }, h("h2", { id: "silence" }, t("silence")), this.list);

  /** `kept`: whether there is a history. */
  constructor(
    private readonly device: Device,
    private readonly kept: boolean,
  ) {}

  draw(now: number): void {
    const words = silence(this.device, now, this.kept);
    hide(this.element, words.length === 0);
    if (this.list.childElementCount === words.length && words.every((each, place) => this.list.children[place]?.textContent === each)) return;
    this.list.replaceChildren();
    for (const each of words) {
      const item = h("li", {});
      say(item, each);
      this.list.append(item);
    }
  }
}

/**
 * What is known of a device that sends nothing, a sentence each; empty: it is not silent.
 * @param kept whether there is a history, which may have counts that the page has not read
 */
export function silence(device: Device, now: number, kept: boolean): string[] {
  const state = device.state(now);
  if (state !== "offline" && state !== "stale" && state !== "no camera") return [];
  const { counted, latest, health } = device;
  const exit = EXITS.find((each) => each === device.info?.last_exit);
  const backlog = health?.backlog ?? 0;
  return [
    counted ? t("silence_since", { time: moment(counted) }) : t(latest || kept ? "silence_none" : "silence_never"),
    exit ? t(`exit_${exit}`) : "",
    state === "stale" && backlog > 0 ? t("silence_backlog", { count: backlog }) : "",
    t(`remedy_${state}`),
  ].filter(Boolean);
}
