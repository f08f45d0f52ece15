/** JSON files that lie beside the page. */
const LOAD_TIMEOUT = 20_000;

/**
 * Read one; undefined where there is none. Asked for anew: else one of another release may be kept.
 * @throws Error that names the file, and why it cannot be read
 */
export async function readJson(file: string): Promise<unknown> {
  try {
    const answer = await fetch(file, { cache: "no-cache", signal: AbortSignal.timeout(LOAD_TIMEOUT) });
    if (answer.status === 404) return undefined;
    if (answer.ok) return await answer.json();
    throw new Error(`${answer.status} ${answer.statusText}`);
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
