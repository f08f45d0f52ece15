/** Data from the hub that serves this page: accounts, history and live data by HTTP. */
import { HubAlerts } from "./alerts";
import { say } from "./dom";
import { HubHistory } from "./history";
import { type Hub, HubError } from "./hub";
import { sentence, t } from "./i18n";
import { HubLessons } from "./lessons";
import { loginForm } from "./login";
import { HubPauses } from "./pauses";
import type { School } from "./school";
import { Stream } from "./stream";
import type { Listener, Way } from "./way";

export class HubWay implements Way {
  readonly history: HubHistory;
  readonly pauses: HubPauses;
  readonly lessons: HubLessons;

  private readonly administration: HubAlerts;

  constructor(private readonly hub: Hub) {
    this.history = new HubHistory(hub);
    this.pauses = new HubPauses(hub);
    this.lessons = new HubLessons(hub);
    this.administration = new HubAlerts(hub);
  }

  get admitted(): boolean {
    return this.hub.access !== "closed";
  }

  get leavable(): boolean {
    return this.hub.access === "logged in";
  }

  get user(): string {
    return this.hub.session?.name ?? "";
  }

  get unencrypted(): boolean {
    return this.hub.session?.plain_http === true || !isSecureContext;
  }

  get alerts(): HubAlerts | undefined {
    return ["admin", "local"].includes(this.hub.session?.role ?? "") ? this.administration : undefined;
  }

  get passwords(): Hub | undefined {
    return this.leavable && this.hub.session?.role !== "screen" ? this.hub : undefined;
  }

  ask(problem: string, admitted: () => void): HTMLElement {
    return loginForm(t("login_hub"), undefined, problem, ({ login }, trouble) => {
      this.hub.logIn(login.username, login.password).then(admitted, (error: unknown) => {
        say(trouble, explain(error));
      });
    });
  }

  open(school: School, listener: Listener): { close(): void } {
    return new Stream(this.hub, school, listener);
  }

  /** @throws Error where the hub did not hear it, so that the session goes on */
  async leave(): Promise<void> {
    if (this.hub.access === "logged in") await this.hub.logOut();
  }
}

/** Why the hub did not let somebody in. */
function explain(error: unknown): string {
  if (!(error instanceof HubError) || error.status === 0) return t("hub_silent");
  return error.status === 401 ? t("login_wrong") : sentence(error.message);
}
