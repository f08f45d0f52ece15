/** What there is to say of a device in words. */
import type { Interval } from "./contract";
import type { Device } from "./device";
import { duration, number, t } from "./i18n";

/** Why there is no number now, or undefined where there is one. */
export function excuse(device: Device, now: number): string | undefined {
  const state = device.state(now);
  switch (state) {
    case "counting":
      return undefined;
    case "withheld": {
      const why = device.withheld(now) ?? "not_observed";
      if (why === "not_observed" && device.health?.light === "too_dark") return t("why_too_dark");
      return t(`why_${why}`, { min_group: device.latest?.privacy.min_group ?? "" });
    }
    case "paused":
      return t("why_paused");
    case "stale":
      return t("hint_stale", { age: duration(device.age(now)) });
    case "no camera":
      return t("hint_no camera", { error: device.health?.camera?.error ?? device.health?.observer ?? "" });
    case "offline":
      return t("hint_offline");
    case "waiting":
      return t("hint_waiting");
  }
}

/** How wrong the emotions of a record may be, or undefined where it tells of none. */
export function uncertainty(record: Interval): string | undefined {
  const { mean } = record.faces;
  if (!mean || record.mode === "presence") return undefined;
  const error = record.emotions_error;
  return error === null ? t("uncertainty_unknown") : t("uncertainty", { error: number(error), people: number(mean) });
}

/** Whether there is light enough to find faces, or undefined where the device does not say. */
export function light(device: Device): string | undefined {
  const now = device.health?.light;
  return now ? t(`light_${now}`) : undefined;
}

/** The messages that the broker does not accept, or undefined where it accepts all. */
export function withheldMessages(device: Device): string | undefined {
  const names = device.health?.withheld_messages ?? [];
  return names.length ? names.map((name) => t(`message_${name}`)).join(", ") : undefined;
}

/** A number of people, or a dash. */
export function people(value: number | null | undefined): string {
  return value === null || value === undefined ? t("nothing") : number(value);
}
