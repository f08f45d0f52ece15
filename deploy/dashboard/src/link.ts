/** How the connection stands. */
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
