/** The band that says that somebody tries a device out: its numbers are of no lesson. */
import type { Device } from "./device";
import { h, hide } from "./dom";
import { t } from "./i18n";

export function practiceBand(): HTMLElement {
  return h("p", { class: "practice", role: "status", hidden: true }, t("practice"));
}

export function showPractice(band: HTMLElement, device: Device): void {
  hide(band, !device.practises);
}
