/** `config.json` beside the page: what the school sets. */
import * as v from "valibot";
import { LANGUAGES } from "./i18n";
import { readJson } from "./jsonfile";

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
  const found = await readJson("config.json");
  const result = v.safeParse(schema, found === undefined ? {} : found);
  if (result.success) return result.output;
  throw new Error(result.issues.map((issue) => `config.json: ${v.getDotPath(issue)}: ${issue.message}`).join("; "));
}

/** Where the broker is: as configured, else where the page itself came from (Mosquitto's websockets listener). */
export function brokerUrl(config: Config): string {
  return config.broker || `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
}
