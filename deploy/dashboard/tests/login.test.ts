import { afterEach, expect, test, vi } from "vitest";
import { forgetLogin, remember, remembered } from "../src/login";

const LOGIN = { url: "wss://broker:8084", username: "anna", password: "secret" };

function storage(): Storage {
  const kept = new Map<string, string>();
  const get = (key: string) => kept.get(key) ?? null;
  return { getItem: get, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) } as unknown as Storage;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a login is kept for the tab, or for good, and forgotten in both", () => {
  vi.stubGlobal("sessionStorage", storage());
  vi.stubGlobal("localStorage", storage());
  remember(LOGIN, false);
  expect(remembered()).toEqual({ login: LOGIN, lasting: false });
  forgetLogin();
  remember(LOGIN, true);
  expect(remembered()).toEqual({ login: LOGIN, lasting: true });
  forgetLogin();
  expect(remembered()).toBeUndefined();
});

test("a browser that keeps nothing keeps nobody from being connected", () => {
  const blocked = { get: () => { throw new DOMException("access is denied", "SecurityError"); } };
  for (const name of ["sessionStorage", "localStorage"]) {
    vi.stubGlobal(name, undefined);
    Object.defineProperty(globalThis, name, { ...blocked, configurable: true });
  }
  remember(LOGIN, false);
  expect(remembered()).toBeUndefined();
  forgetLogin();
});
