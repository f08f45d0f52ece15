import type { Link } from "./link";

/** What fills the page below its head. */
export interface View {
  readonly element: HTMLElement;
  /** Whether it fills the page without the head. */
  readonly alone?: boolean;
  /** How the connection stands, in words, for a view without the head. */
  link?(link: Link, words: string): void;
  /** Something of the school has changed since the last drawing. */
  changed(): void;
  /** Bring what is seen up to date; called at most twice a second. */
  draw(now: number): void;
  /** All that is known now has arrived, at the start or after an interruption. */
  complete?(): void;
  /** Show the time that an address names. */
  go?(hash: string): void;
  close(): void;
}
