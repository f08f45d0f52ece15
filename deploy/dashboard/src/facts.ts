/** What is known of a device, beside its counts. */
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { celsius, number, t } from "./i18n";
import { hiddenRefusals, light, picture, withheldMessages } from "./words";

type Fact = [HTMLElement, HTMLElement, () => string | undefined];

export class Facts {
  private readonly facts: Fact[];
  readonly element: HTMLElement;

  constructor(device: Device) {
    const fact = (title: string, value: () => string | undefined): Fact => [h("dt", {}, title), h("dd"), value];
    this.facts = [
      fact(t("device"), () => device.key),
      fact(t("version"), () => device.info?.version),
      fact(t("fps"), () => known(device.health?.frames_per_second)),
      fact(t("soc"), () => heat(device.health?.soc_celsius)),
      fact(t("light"), () => light(device)),
      fact(t("picture"), () => picture(device)),
      fact(t("backlog"), () => known(device.health?.backlog, 0)),
      fact(t("missing"), () => number(device.missing, 0)),
      fact(t("withheld_messages"), () => withheldMessages(device)),
      fact(t("refusals"), () => hiddenRefusals(device)),
    ];
    this.element = h("dl", { class: "facts" });
    for (const [title, place] of this.facts) this.element.append(title, place);
  }

  draw(): void {
    for (const [title, place, value] of this.facts) {
      const text = value();
      hide(title, text === undefined);
      hide(place, text === undefined);
      say(place, text ?? "");
    }
  }
}

function known(value: number | null | undefined, digits = 1): string | undefined {
  return value === null || value === undefined ? undefined : number(value, digits);
}

function heat(value: number | null | undefined): string | undefined {
  return value === null || value === undefined ? undefined : celsius(value);
}
