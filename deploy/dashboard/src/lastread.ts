/** When something could be read last, also before this page was opened: the hub or the broker was connected then. */
const KEY = "last_read";
const NOTE_EVERY = 60_000;
/** Milliseconds. Where it took longer from one note to the next, the machine slept, and nothing was read meanwhile. */
const SLEPT = 2 * NOTE_EVERY;

export class LastRead {
  private connected = false;
  private last: number | undefined = stored();
  /** When it was noted last, and when the machine woke; milliseconds since 1970. */
  private noted = 0;
  private woke = 0;

  constructor() {
    setInterval(() => this.note(), NOTE_EVERY); // a power cut ends the page without a word
    addEventListener("pagehide", () => this.note());
  }

  /** Milliseconds since 1970; undefined: it never could, as far as this browser knows. */
  get time(): number | undefined {
    return this.connected ? Date.now() : this.last;
  }

  set link(connected: boolean) {
    this.note();
    if (connected) {
      this.last = this.noted = Date.now();
      this.woke = 0;
    }
    this.connected = connected;
  }

  forget(): void {
    this.connected = false;
    this.last = undefined;
    keep(undefined);
  }

  private note(): void {
    if (!this.connected) return;
    const now = Date.now();
    if (now - this.noted > SLEPT) this.woke = now;
    this.noted = now;
    if (now - this.woke <= SLEPT) return; // a connection that ended while the machine slept is noticed some time later
    this.last = now;
    keep(now);
  }
}

function stored(): number | undefined {
  try {
    return Number(localStorage.getItem(KEY)) || undefined;
  } catch {
    return undefined; // the browser keeps nothing
  }
}

function keep(time: number | undefined): void {
  try {
    if (time === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, String(time));
  } catch {
    // it is known until the page is closed
  }
}
