import { createHmac } from 'node:crypto';
import { FAULTS_PATH } from './disturb.ts';
import type { Faults } from './faults.ts';

/** An account that runs somewhere on this machine. */
export interface Target {
  readonly endpoint: string;
  /** Master key in base64. */
  readonly key: string;
}

/**
 * Sets the faults of a running server; `{}` ends them.
 * @returns the faults, and how often each rule has fired so far.
 * @throws Error when the server refuses.
 */
export function setFaults(target: Target, faults: Faults): Promise<Faults & { fired: number[] }> {
  return call(target, 'PUT', JSON.stringify(faults));
}

/** Reads the faults of a running server, and how often each rule has fired. */
export function readFaults(target: Target): Promise<Faults & { fired: number[] }> {
  return call(target, 'GET', undefined);
}

async function call(target: Target, method: string, body: string | undefined): Promise<Faults & { fired: number[] }> {
  const date = new Date().toUTCString();
  const text = `${method.toLowerCase()}\n${FAULTS_PATH[0]}\n${FAULTS_PATH.join('/')}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(target.key, 'base64')).update(text).digest('base64');
  const response = await fetch(new URL(FAULTS_PATH.join('/'), target.endpoint), {
    method,
    headers: {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      'x-ms-date': date,
    },
    ...(body === undefined ? {} : { body }),
  });
  if (!response.ok) throw new Error(`The faults were refused with ${response.status}: ${await response.text()}`);
  return (await response.json()) as Faults & { fired: number[] };
}
