/** The mark of a device that is simulated: its people are made up. */
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { t } from "./i18n";

/** How the name of a simulated model begins. */
const SIMULATED = "simulated ";

export function simulatedMark(): HTMLElement {
  return h("span", { class: "simulated", hidden: true });
}

export function isSimulated({ info, latest }: Device): boolean {
  return (latest?.model ?? info?.model ?? "").startsWith(SIMULATED);
}

/** Show the mark where the device says that its model is simulated, or shows a record of such a model. */
export function showSimulated(mark: HTMLElement, device: Device): void {
  const simulated = isSimulated(device);
  hide(mark, !simulated);
  say(mark, simulated ? t("simulated") : "");
}
