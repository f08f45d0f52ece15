/** Data from a broker by MQTT over WebSocket: the page keeps the login, and nobody keeps a history. */
import { brokerUrl, type Config } from "./config";
import { Connection, type Login } from "./connection";
import { t } from "./i18n";
import { forgetLogin, loginForm, remember, remembered } from "./login";
import type { School } from "./school";
import type { Listener, Way } from "./way";

export class BrokerWay implements Way {
  readonly user = "";
  readonly unencrypted = false; // the address that the user enters says so: ws:// or wss://
  private login: Login | undefined;
  private lasting = false;

  constructor(private readonly config: Config) {
    const kept = config.anonymous ? undefined : remembered();
    this.login = config.anonymous ? { url: brokerUrl(config), username: "", password: "" } : kept?.login;
    this.lasting = kept?.lasting ?? false;
  }

  get admitted(): boolean {
    return this.login !== undefined;
  }

  get leavable(): boolean {
    return !this.config.anonymous;
  }

  ask(problem: string, admitted: () => void): HTMLElement {
    return loginForm(t("login_intro"), brokerUrl(this.config), problem, ({ login, lasting }) => {
      this.login = login;
      this.lasting = lasting;
      admitted();
    });
  }

  open(school: School, listener: Listener): { close(): void } {
    const login = this.login!;
    let accepted = false;
    const connection = new Connection(
      login,
      this.config.base,
      (topic, payload) => school.take(topic, payload, performance.now()),
      (link) => {
        if (link === "refused") return listener.refused(t("link_refused"));
        if (link === "connected" && !accepted && !this.config.anonymous) remember(login, this.lasting);
        accepted ||= link === "connected";
        listener.link(link, login.url);
      },
    );
    listener.complete(); // what the broker keeps comes by and by
    return connection;
  }

  leave(): Promise<void> {
    this.login = undefined;
    forgetLogin();
    return Promise.resolve();
  }
}
