/** What fills the page below its head. */
export interface View {
  readonly element: HTMLElement;
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
