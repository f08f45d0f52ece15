/** How long the page waits before it asks a server again. */
const FIRST = 1_000;
const LONGEST = 15_000;

/**
 * Wait: longer each time, and each page for another time, so that a server that starts does not hear all of them at once.
 * @param tries how many have failed before this one
 */
export function wait(tries: number): Promise<void> {
  const milliseconds = Math.min(LONGEST, FIRST * 2 ** Math.min(tries, 5)) * (0.5 + Math.random());
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
