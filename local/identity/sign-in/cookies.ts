import type { IncomingMessage } from 'node:http';

/**
 * Cookies do not tell ports apart: with the port in their names, two twins on one machine do not sign each other out.
 * `SameSite=Lax` keeps them out of forms that other sites submit.
 */
export const readCookie = (request: IncomingMessage, name: string): string | undefined => {
  const wanted = `${name}-${request.socket.localPort}`;
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value = ''] = part.trim().split('=');
    if (key === wanted && /^[\w-]{43}$/.test(value)) {
      return value;
    }
  }
  return;
};

/** A `Set-Cookie` until the browser closes; without a value it removes the cookie. */
export const writeCookie = (request: IncomingMessage, name: string, value: string | undefined): string =>
  `${name}-${request.socket.localPort}=${value ?? ''}; Path=/; HttpOnly; SameSite=Lax${value === undefined ? '; Max-Age=0' : ''}`;
