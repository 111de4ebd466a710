import { z } from 'zod';
import type { TaskOutcome } from './worker.ts';

const request = z.object({
  method: z.string(),
  uri: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).nullish(),
  content: z.string().nullish(),
  tokenSource: z.object({ resource: z.string() }).nullish(),
});

/** As the extension's HTTP client. */
const TIMEOUT_MS = 100_000;

/**
 * Makes one HTTP call for an orchestration. Every answer is a result; a call that gets none fails.
 * @param giveUp ends a call without a result: it is made again when the hub runs again
 */
export const callHttp = async (json: string, giveUp: AbortSignal): Promise<TaskOutcome> => {
  try {
    const { method, uri, headers, content, tokenSource } = request.parse(JSON.parse(json));
    const response = await fetch(uri, {
      method,
      headers: {
        ...(headers ?? {}),
        ...(tokenSource === null || tokenSource === undefined ? {} : await authorise(uri, tokenSource.resource)),
      },
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), giveUp]),
      ...(content === null || content === undefined ? {} : { body: content }),
    });
    const result = {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      content: await response.text(),
    };
    return { kind: 'completed', result: JSON.stringify(result) };
  } catch (error) {
    giveUp.throwIfAborted();
    const reason = error instanceof Error ? describe(error) : String(error);
    return { kind: 'failed', reason: `The HTTP call failed: ${reason}`, details: '' };
  }
};

const describe = (error: Error): string =>
  error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;

/** A token of the app's own identity, as `ManagedIdentityTokenSource` asks for. It never goes over the wire in the clear. */
const authorise = async (uri: string, resource: string): Promise<Record<string, string>> => {
  if (!uri.startsWith('https:')) {
    throw new Error('an identity is not used over http');
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  const scope = resource.endsWith('/.default') ? resource : `${resource.replace(/\/$/, '')}/.default`;
  const { token } = await new DefaultAzureCredential().getToken(scope);
  return { authorization: `Bearer ${token}` };
};
