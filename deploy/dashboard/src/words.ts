/** What there is to say of a device in words. */
import { type Hindrance, hindrance } from "./circumstances";
import type { Interval } from "./contract";
import type { Device } from "./device";
import { amount, duration, number, t, type Value } from "./i18n";

/** With fewer the publisher refuses new clients, so that records still leave. */
const FEW_FILES = 20;

/** What ends only when a person goes to the camera. */
const URGENT: readonly (Hindrance | undefined)[] = ["out_of_focus", "upside_down", "on_its_side"];

/** Why there is no number now, or undefined where there is one. */
export function excuse(device: Device, now: number): string | undefined {
  const state = device.state(now);
  switch (state) {
    case "counting":
      return undefined;
    case "withheld": {
      const why = device.withheld(now) ?? "not_observed";
      const hindrance = hiding(device);
      if (why === "not_observed" && hindrance) return t(`why_${hindrance}`);
      return t(`why_${why}`, { min_group: device.latest?.privacy.min_group ?? "" });
    }
    case "paused":
      return t("why_paused");
    case "stale":
      return t("hint_stale", { age: duration(device.age(now)) });
    case "unheard":
      return t("hint_unheard", { age: duration(device.age(now)) });
    case "no camera":
      return t("hint_no camera", { error: failure(device.health?.camera?.error ?? "silent") });
    case "offline":
      return t("hint_offline");
    case "waiting":
      return t("hint_waiting");
  }
}

/** What is wrong with a camera, by the name that a device publishes; that of a later release is shown as it is. */
export function failure(name: string): string {
  return isFailure(name) ? t(`camera_${name}`) : name;
}

const FAILURES = ["CameraMissing", "CameraUnreadable", "CameraBusy", "CameraNoMemory", "CameraTimeout", "CameraEnded", "CameraCrashed", "silent"] as const;

function isFailure(name: string): name is (typeof FAILURES)[number] {
  return (FAILURES as readonly string[]).includes(name);
}

/** How wrong the emotions of a record may be, or undefined where it has none. */
export function uncertainty(record: Interval): string | undefined {
  const { mean } = record.faces;
  if (!mean || record.mode === "presence") return undefined;
  const error = record.emotions_error;
  return error === null ? t("uncertainty_unknown") : t("uncertainty", { error: number(error), people: amount(mean) });
}

function hiding({ health }: Device): Hindrance | undefined {
  return health && hindrance(health);
}

/** Whether people can be seen in the pictures, or undefined where the device does not say. */
export function picture(device: Device): string | undefined {
  const now = device.health?.picture;
  return now ? t(`picture_${now}`) : undefined;
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

/** What a person must act on, a sentence each. */
export function attention(device: Device): string[] {
  const { health } = device;
  if (!health) return [];
  const lost = health.lost.reduce((sum, { records }) => sum + records, 0);
  const files = health.descriptors_free ?? FEW_FILES;
  const hindrance = hiding(device);
  return [
    hindrance && URGENT.includes(hindrance) ? t(`why_${hindrance}`) : "",
    lost ? t("attention_lost", { count: number(lost, 0) }) : "",
    health.without_subscriber ? t("attention_nobody", { count: number(health.without_subscriber, 0) }) : "",
    files < FEW_FILES ? t("attention_files", { count: number(files, 0) }) : "",
  ].filter(Boolean);
}

/** That this broker does not report what it refuses, or undefined where it does, or where that is not known. */
export function hiddenRefusals(device: Device): string | undefined {
  return device.health?.refusals_visible === false ? t("refusals_hidden") : undefined;
}

/** A number of people, or a dash. */
export function people(value: number | null | undefined): string {
  return value === null || value === undefined ? t("nothing") : number(value);
}

/** The same in a text that names the people. */
export function counted(value: number | null): Value {
  return value === null ? t("nothing") : amount(value);
}
