/** Ask for user name and password. Those of a broker live in the tab's session storage; a wall screen may keep them for good. */
import { walled } from "./address";
import type { Login } from "./connection";
import { h, hide, say } from "./dom";
import { Hub, SIGN_IN } from "./hub";
import { t } from "./i18n";

const KEY = "login";

/** The login that is kept; `lasting`: also after the tab is closed. */
export function remembered(): { login: Login; lasting: boolean } | undefined {
  for (const lasting of [false, true]) {
    try {
      const kept: unknown = JSON.parse((lasting ? localStorage : sessionStorage).getItem(KEY) ?? "null");
      if (kept && typeof kept === "object") return { login: kept as Login, lasting };
    } catch {
      // damaged, or the browser keeps nothing
    }
  }
  return undefined;
}

/** Keep a login; where the browser keeps nothing, it holds until the page is closed. */
export function remember(login: Login, lasting: boolean): void {
  try {
    (lasting ? localStorage : sessionStorage).setItem(KEY, JSON.stringify(login));
  } catch {
    // the page asks again at its next start, and is connected now
  }
}

export function forgetLogin(): void {
  for (const storage of [() => sessionStorage, () => localStorage]) {
    try {
      storage().removeItem(KEY);
    } catch {
      // where the browser keeps nothing, there is nothing to forget
    }
  }
}

/** What somebody entered. */
export interface Entered {
  login: Login;
  /** Whether this screen shall keep it. */
  lasting: boolean;
}

/**
 * A form; `done` gets what was entered. `problem` is shown at once.
 * @param url of the broker; undefined: there is none to choose
 */
export function loginForm(intro: string, url: string | undefined, problem: string, done: (entered: Entered, trouble: HTMLElement) => void): HTMLElement {
  const field = (id: string, label: string, attributes: Record<string, string | boolean>) => {
    const input = h("input", { id, name: id, ...attributes });
    return { input, row: h("p", {}, h("label", { for: id }, label), input) };
  };
  const broker = field("broker", t("broker"), { type: "url", value: url ?? "", required: true, spellcheck: "false" });
  const user = field("username", t("user"), { autocomplete: "username", required: true, spellcheck: "false" });
  const password = field("password", t("password"), { type: "password", autocomplete: "current-password", required: true });
  const lasting = h("input", { type: "checkbox" });
  const onWall = url !== undefined && walled(location.hash) !== undefined; // a hub has tokens for that
  const trouble = h("p", { class: "problem", role: "alert" }, problem);
  return h(
    "form",
    {
      class: "login",
      submit: (event) => {
        event.preventDefault();
        if (url !== undefined && !/^wss?:\/\//.test(broker.input.value)) say(trouble, t("bad_url"));
        else done({ login: { url: broker.input.value, username: user.input.value, password: password.input.value }, lasting: lasting.checked }, trouble);
      },
    },
    h("h1", {}, t("login")),
    h("p", {}, intro),
    ...(url === undefined ? [] : [broker.row]),
    user.row,
    password.row,
    ...(onWall ? [h("p", {}, h("label", { class: "check" }, lasting, t("keep_login")))] : []),
    trouble,
    h("p", {}, h("button", { type: "submit", class: "primary" }, t("login"))),
    ...(url === undefined ? [signIn()] : []),
  );
}

/** A link to the school's own login, shown once the hub says that there is one. */
function signIn(): HTMLElement {
  const link = h("a", { href: SIGN_IN });
  const row = h("p", {}, link);
  hide(row, true);
  new Hub()
    .signInLabel()
    .then((label) => {
      say(link, t("sign_in", { label }));
      hide(row, !label);
    })
    .catch(() => undefined); // whatever it is, the login beside it names it
  return row;
}
