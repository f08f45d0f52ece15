/** How the connection stands, and in words. */
import { moment, t } from "./i18n";

export type Link =
  | "connecting"
  | "connected"
  /** No connection was made yet. A browser does not say why; with TLS it may not trust the certificate. */
  | "closed"
  | "closed_tls"
  | "lost"
  | "taken"
  | "refused"
  | "no_rights"
  | "hub_connecting"
  | "hub_lost"
  | "hub_full"
  | "hub_no_broker"
  | "hub_problem";

/** Links with which nothing new comes. */
const SILENT: readonly Link[] = ["closed", "closed_tls", "lost", "taken", "hub_lost", "hub_full"];

/**
 * @param broker its address, where the page talks to it
 * @param since when something could be read last, milliseconds since 1970
 */
export function linkWords(link: Link, broker: string, since: number | undefined): string {
  const words = t(`link_${link}`, { broker, check: broker.replace(/^ws/, "http") });
  return since !== undefined && SILENT.includes(link) ? `${words} ${t("nothing_since", { time: moment(since) })}` : words;
}
