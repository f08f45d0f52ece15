/** How the connection stands. */
export type Link =
  | "connecting"
  | "connected"
  | "lost"
  | "taken"
  | "refused"
  | "no_rights"
  | "hub_connecting"
  | "hub_lost"
  | "hub_full"
  | "hub_no_broker"
  | "hub_problem";
