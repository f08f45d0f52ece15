/** Alerts in plain sentences. */
import type { Alert, Limits, Outcome } from "./alerts";
import { date, duration, megabytes, t } from "./i18n";
import { DAY, MINUTE } from "./period";
import { failure } from "./words";

/** What is wrong with what; a kind of a later release is named as it is. */
export function alertWords({ kind, site, subject, room, detail }: Alert): string {
  const place = site ? `${room} (${site})` : room;
  switch (kind) {
    case "store":
      return t("alert_store", { detail });
    case "broker":
      return t("alert_broker", { detail });
    case "disk":
      return t("alert_disk", { size: megabytes(Number(detail)) });
    case "certificate":
      return t("alert_certificate", { subject, date: date(Number(detail) * 1000) });
    case "silent":
      return t("alert_silent", { room: place, subject });
    case "camera":
      return t("alert_camera", { room: place, subject, detail: failure(detail) });
    case "spool":
      return t("alert_spool", { room: place, subject, count: Number(detail) });
    default:
      return t("named", { name: [place, subject].filter(Boolean).join(", "), text: `${kind} ${detail}` });
  }
}

/** What makes an alert, a sentence each. */
export function limitWords(limits: Limits): string[] {
  return [
    t("limit_silent", { duration: duration(limits.silent_minutes * MINUTE) }),
    t("limit_camera", { duration: duration(limits.camera_minutes * MINUTE) }),
    t("limit_spool", { count: limits.spool_records }),
    t("limit_certificate", { duration: duration(limits.certificate_days * DAY) }),
    t("limit_disk", { size: megabytes(limits.disk_megabytes) }),
    t("limit_hub"),
  ];
}

/** What became of a test with a receiver. */
export function outcomeWords({ receiver, problem }: Outcome): string {
  return problem ? t("alerts_refused", { receiver, why: problem }) : t("alerts_taken", { receiver });
}
