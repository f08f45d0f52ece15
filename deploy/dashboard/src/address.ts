/** The part of the page's address that names a room: `#/site/device`. */

export function address({ site, device }: { site: string; device: string }): string {
  return `#/${encodeURIComponent(site)}/${encodeURIComponent(device)}`;
}

/** The key of the device that an address names, if it names one. */
export function addressed(hash: string): string | undefined {
  const [site, device] = hash.replace(/^#\//, "").split("/");
  if (!site || !device) return undefined;
  try {
    return `${decodeURIComponent(site)}/${decodeURIComponent(device)}`;
  } catch {
    return undefined; // a link that was cut short in the middle of a character
  }
}
