/** Pauses that a hub sends to devices. */
import * as v from "valibot";
import type { Device } from "./device";
import { type Hub, HubError } from "./hub";
import type { Pause, Pauses } from "./way";

const instant = v.optional(v.nullable(v.pipe(v.string(), v.transform(Date.parse), v.number())), null);
const state = v.object({ paused: v.optional(v.nullable(v.boolean()), null), by: v.optional(v.nullable(v.string()), null), since: instant, until: instant });

export class HubPauses implements Pauses {
  constructor(private readonly hub: Hub) {}

  allowed({ place }: Device): boolean {
    const session = this.hub.session;
    if (!session?.pauses) return false;
    return session.role === "admin" || (session.role === "teacher" && session.rooms.includes(place.device));
  }

  async current(device: Device): Promise<Pause | undefined> {
    try {
      const { by, since, until } = await this.hub.get(route(device), { site: device.place.site }, state);
      return since === null ? undefined : { by: by ?? undefined, since, until: until ?? undefined }; // a screen is not told who
    } catch (error) {
      if (error instanceof HubError && [403, 404, 405].includes(error.status)) return undefined; // not known, or not for this user
      throw error;
    }
  }

  pause(device: Device, until: number | undefined): Promise<void> {
    return this.order(device, true, until);
  }

  resume(device: Device): Promise<void> {
    return this.order(device, false);
  }

  private order(device: Device, paused: boolean, until?: number): Promise<void> {
    const content = { paused, until: until === undefined ? null : new Date(until).toISOString() };
    return this.hub.send("POST", route(device), content, { site: device.place.site });
  }
}

function route(device: Device): string {
  return `devices/${encodeURIComponent(device.place.device)}/pause`;
}
