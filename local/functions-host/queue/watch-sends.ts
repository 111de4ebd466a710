import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** Published by Node for every answer that its HTTP client gets; the Storage SDK uses that client. */
const CHANNEL = 'http.client.response.finish';

/** A message that was put, or one that was made visible again at once. */
const PUT_MESSAGE = /^(\/.+)\/messages(?:\?|$)/;
const RELEASED_MESSAGE = /^(\/.+)\/messages\/[^/?]+\?(?:.*&)?visibilitytimeout=0(?:&|$)/;

/**
 * Reports each message that this process puts into a Storage queue, through an output binding or through the SDK, so that
 * its listener need not wait for the next poll.
 * @param onSent is told the URL of the queue
 * @returns ends it
 */
export const watchSends = (onSent: (queueUrl: string) => void): (() => void) => {
  const onResponse = (message: unknown): void => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const isSuccess = response.statusCode === 201 || response.statusCode === 204;
    const pattern = { POST: PUT_MESSAGE, PUT: RELEASED_MESSAGE }[request.method];
    const path = isSuccess ? pattern?.exec(request.path)?.[1] : undefined;
    if (path !== undefined) {
      onSent(`${request.protocol}//${request.getHeader('host')}${path}`);
    }
  };
  subscribe(CHANNEL, onResponse);
  return () => {
    unsubscribe(CHANNEL, onResponse);
  };
};
