/** The band that says that somebody tries a device out: its numbers are of no lesson. */
import type { Device } from "./device";
import { h, hide } from "./dom";
import { t } from "./i18n";

export function practiceBand(): HTMLElement {
  return h("p", { class: "practice", role: "status", hidden: true }, t("practice"));
}

/** Show the band where the device says that there is practice, or shows a record of it. */
export function showPractice(band: HTMLElement, device: Device): void {
  hide(band, !(device.health?.practice || device.latest?.practice));
}
