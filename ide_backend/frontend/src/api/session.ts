import { request } from "./request";

/**
 * Turn the token in the address's fragment into the session cookie, and strip it from the address.
 *
 * Without a token nothing is asked: the cookie of an earlier visit may still hold.
 */
export async function openSession(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", `${location.pathname}#/`);
  await request("POST", "/api/session", { token });
}
