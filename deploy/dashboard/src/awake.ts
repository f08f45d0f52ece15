/** Keeps a screen from going dark, where the browser can do that (W3C Screen Wake Lock). */
export class Awake {
  private lock: WakeLockSentinel | undefined;
  private closed = false;
  private readonly seen = () => void this.ask();

  constructor() {
    document.addEventListener("visibilitychange", this.seen);
    void this.ask();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.seen);
    void this.lock?.release();
    this.lock = undefined;
  }

  /** The browser takes the lock back whenever the page is hidden. */
  private async ask(): Promise<void> {
    if (document.hidden || !("wakeLock" in navigator)) return; // only encrypted pages have it
    try {
      this.lock = await navigator.wakeLock.request("screen");
      if (this.closed) void this.lock.release();
    } catch {
      // the machine saves energy; the screen's own settings hold
    }
  }
}
