/** `config.json` beside the page: what the school sets. */
import * as v from "valibot";
import { LANGUAGES } from "./i18n";

const LOAD_TIMEOUT = 20_000;

const schema = v.object({
  broker: v.optional(v.string(), ""),
  anonymous: v.optional(v.boolean(), false),
  base: v.optional(v.pipe(v.string(), v.regex(/^[^#+]+$/)), "emotion-edge/v1"),
  lesson_minutes: v.optional(v.pipe(v.number(), v.minValue(5), v.maxValue(90)), 45),
  languages: v.optional(v.record(v.string(), v.string()), LANGUAGES),
});
export type Config = v.InferOutput<typeof schema>;

/**
 * Read it; a missing file means the defaults.
 * @throws Error that names what is wrong with the file, or why it cannot be read
 */
export async function loadConfig(): Promise<Config> {
  const result = v.safeParse(schema, await read());
  if (result.success) return result.output;
  throw new Error(result.issues.map((issue) => `config.json: ${v.getDotPath(issue)}: ${issue.message}`).join("; "));
}

async function read(): Promise<unknown> {
  try {
    const answer = await fetch("config.json", { cache: "no-cache", signal: AbortSignal.timeout(LOAD_TIMEOUT) });
    if (answer.status === 404) return {};
    if (answer.ok) return await answer.json();
    throw new Error(`${answer.status} ${answer.statusText}`);
  } catch (error) {
    throw new Error(`config.json: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Where the broker is: as configured, else where the page itself came from (Mosquitto's websockets listener). */
export function brokerUrl(config: Config): string {
  return config.broker || `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
}
