// The session's cookie. Cookies do not keep ports apart, so the name holds the port: two hubs on one host do not sign each other out.

/** Name of the session's cookie for a listener. */
export function cookieName(port: number): string {
  return `tailherd_${port}`;
}

/** The value of one cookie of a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const part of header.split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

/** A Set-Cookie value; `maxAge` in seconds, 0 to take the cookie back. */
export function sessionCookie(port: number, secret: string, maxAge: number): string {
  return `${cookieName(port)}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}`;
}
