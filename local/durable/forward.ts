import { type ApiAnswer, ApiError, type ApiRequest } from './api/request.ts';
import { HOST_HEADER } from './rpc-listener.ts';

/** The host that ran the hub is not there, or does not run it any more. */
export class OwnerUnreachable extends Error {
  override readonly name = 'OwnerUnreachable';
}

const PASSED_ON = ['content-type', 'x-ms-continuation-token', 'traceparent', 'tracestate'];

/**
 * Asks the host that runs the hub.
 * @throws OwnerUnreachable when it has certainly not done what was asked
 */
export const forward = async (
  owner: { readonly url: string; readonly id: string },
  request: ApiRequest,
): Promise<ApiAnswer> => {
  const path = request.path.map(encodeURIComponent).join('/');
  const query = new URLSearchParams(request.query);
  query.delete('code');
  const headers = PASSED_ON.flatMap((name) => {
    const value = request.header(name);
    return value === undefined ? [] : [[name, value] as [string, string]];
  });
  const response = await ask(`${owner.url}${path}?${query}`, {
    method: request.method,
    // A connection of its own: one that has been kept may lead to a host that has just died.
    headers: [...headers, [HOST_HEADER, owner.id], ['connection', 'close']],
    ...(request.body === '' ? {} : { body: request.body }),
  });
  if (response.headers.get(HOST_HEADER) !== owner.id || response.status === 503) {
    throw new OwnerUnreachable('Another program answers there');
  }
  const text = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries(
      ['location', 'retry-after', 'x-ms-continuation-token'].flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [[name, value]];
      }),
    ),
    ...(text === '' ? {} : { body: JSON.parse(text) as unknown }),
  };
};

const ask = async (url: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, init);
  } catch (error) {
    const code = (error as { cause?: { code?: unknown } }).cause?.code;
    if (code === 'ECONNREFUSED' || init.method === 'GET') {
      throw new OwnerUnreachable('Nobody listens there', { cause: error });
    }
    throw new ApiError(503, 'The host that runs the task hub has died meanwhile: it may have done what was asked');
  }
};
