/** The hub that serves this page: who is logged in, and requests that name what went wrong. */
import * as v from "valibot";
import { reason, type Text, t } from "./i18n";
import { wait } from "./wait";

const API = "api/v1/";
const REQUEST_TIMEOUT = 20_000;
/** So begins the token of a wall screen. */
const TOKEN = "eet_";
/** The role of everyone, where there are no accounts. */
const LOCAL = "local";
/** What a proxy answers while the server behind it starts. */
const STARTING = [502, 503, 504];
/** The code of a hub that sent an order and heard nothing of it. */
const OUTCOME_UNKNOWN = "outcome_unknown";

const session = v.object({
  name: v.optional(v.nullable(v.string()), null),
  role: v.optional(v.nullable(v.string()), null),
  /** Devices of a teacher. */
  rooms: v.optional(v.array(v.string()), []),
  /** What a request that changes something has to repeat. */
  csrf: v.optional(v.nullable(v.string()), null),
  plain_http: v.optional(v.boolean(), false),
  /** Whether the hub can send pauses to devices; hubs of earlier releases do not say it. */
  pauses: v.optional(v.boolean(), true),
});
export type Session = v.InferOutput<typeof session>;
const state = v.object({ sign_in: v.optional(v.string(), "") });
const problem = v.object({ detail: v.string(), code: v.optional(v.nullable(v.string()), null) });

export class HubError extends Error {
  constructor(
    /** Of HTTP; 0: there was no answer. */
    readonly status: number,
    detail: string,
    /** What is wrong, for a program, where the hub names it. */
    readonly code: string | null = null,
  ) {
    super(detail);
  }
}

/** `open`: there are no accounts; `closed`: who is there has to log in. */
export type Access = "open" | "closed" | "logged in";

export class Hub {
  access: Access = "closed";
  session: Session | undefined;

  /**
   * Find the hub that serves this page; undefined where another web server does, so that a broker is to be asked.
   * @param silent is called each time that nothing answers; then the hub is asked again, for as long as it takes
   */
  static async find(silent: () => void): Promise<Hub | undefined> {
    const hub = new Hub();
    for (let tries = 0; ; tries++) {
      try {
        await hub.check();
        return hub;
      } catch (error) {
        // A web server that is no hub answers with a page, or that it has no such file.
        const mayCome = error instanceof Problem || (error instanceof HubError && [0, ...STARTING].includes(error.status));
        if (!mayCome) return undefined;
      }
      silent();
      await wait(tries);
    }
  }

  /** Ask who is logged in. */
  async check(): Promise<Access> {
    try {
      this.session = await this.get("session", {}, session);
      this.access = [null, LOCAL].includes(this.session.role) ? "open" : "logged in";
    } catch (error) {
      if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 404)) throw error;
      this.session = undefined;
      this.access = error.status === 401 ? "closed" : "open";
    }
    return this.access;
  }

  /** Log in; the token of a wall screen stands for name and password. */
  async logIn(name: string, password: string): Promise<void> {
    await this.send("POST", "session", password.startsWith(TOKEN) ? { token: password } : { name, password });
    await this.check();
  }

  /** What the button of the login by OpenID Connect names; empty where there is no such login. */
  async signInLabel(): Promise<string> {
    return (await this.get("state", {}, state)).sign_in;
  }

  async logOut(): Promise<void> {
    await this.send("DELETE", "session");
    this.session = undefined;
    this.access = "closed";
  }

  /**
   * Read something.
   * @throws HubError where the hub does not answer, refuses, or answers something else
   */
  async get<Schema extends v.GenericSchema>(route: string, query: Record<string, string>, schema: Schema): Promise<v.InferOutput<Schema>> {
    return read(await request(address(route, query), {}), route, schema);
  }

  /**
   * Change something.
   * @throws HubError where the hub does not answer, or refuses
   */
  async send(method: "POST" | "DELETE", route: string, content?: unknown, query: Record<string, string> = {}): Promise<void> {
    await request(address(route, query), { method, headers: this.headers, ...(content === undefined ? {} : { body: JSON.stringify(content) }) });
  }

  /**
   * Let the hub do something, and read what became of it.
   * @param timeout milliseconds
   * @throws HubError where the hub does not answer, refuses, or answers something else
   */
  async ask<Schema extends v.GenericSchema>(route: string, schema: Schema, timeout: number): Promise<v.InferOutput<Schema>> {
    return read(await request(address(route, {}), { method: "POST", headers: this.headers }, timeout), route, schema);
  }

  /** What a request that changes something has to bring. */
  private get headers(): Record<string, string> {
    const { csrf } = this.session ?? {};
    return { "Content-Type": "application/json", ...(csrf ? { "X-CSRF-Token": csrf } : {}) };
  }

  /** The address of the live data. */
  get live(): string {
    return `${API}live`;
  }
}

/** Where the browser goes to sign in by OpenID Connect. */
export const SIGN_IN = `${API}oidc/login`;

/** An error in the words of the hub (RFC 9457). */
class Problem extends HubError {}

/** Whether it is not known what became of an order: the hub did not answer, or does not know it itself. */
export function isOpen(error: unknown): boolean {
  if (error instanceof Problem) return error.code === OUTCOME_UNKNOWN;
  return error instanceof HubError && [0, ...STARTING].includes(error.status);
}

/** Why an order failed; where it may have been carried out all the same, the text `open`. */
export function refusal(error: unknown, open: Text): string {
  return isOpen(error) ? t(open) : t("pause_failed", { why: reason(error) });
}

function address(route: string, query: Record<string, string>): string {
  const parameters = new URLSearchParams(query).toString();
  return `${API}${route}${parameters && "?"}${parameters}`;
}

async function read<Schema extends v.GenericSchema>(answer: Response, route: string, schema: Schema): Promise<v.InferOutput<Schema>> {
  const json: unknown = await answer.json().catch((error: unknown) => {
    throw error instanceof SyntaxError ? error : silent(); // the connection broke
  });
  const result = v.safeParse(schema, json);
  if (!result.success) throw new HubError(answer.status, `${route}: ${result.issues[0].message}`);
  return result.output;
}

function silent(): HubError {
  return new HubError(0, t("hub_silent"));
}

async function request(url: string, options: RequestInit, timeout = REQUEST_TIMEOUT): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { ...options, cache: "no-store", signal: AbortSignal.timeout(timeout) });
  } catch {
    throw silent(); // what the browser says of it is English, and names no remedy
  }
  const type = answer.headers.get("Content-Type") ?? "";
  if (answer.ok && (answer.status === 204 || type.startsWith("application/json"))) return answer;
  const said = type.startsWith("application/problem+json") ? v.safeParse(problem, await answer.json().catch(() => undefined)) : undefined;
  if (said) throw said.success ? new Problem(answer.status, said.output.detail, said.output.code) : new Problem(answer.status, answer.statusText);
  throw new HubError(answer.status, `${answer.status} ${answer.statusText}`);
}
