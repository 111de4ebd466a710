import type { HttpHandler, InvocationContext } from '@azure/functions';
import { idRandom } from '../shared/azure/random-bytes.ts';
import { composeId } from '../shared/core/ids.ts';
import type { HttpAnswer, IncomingRequest, ReportFailure } from '../shared/use-cases/answer-request.ts';

/** Turns what answers a request into a handler of the Functions library: request in, answer out, nothing else. */
export function handle(
  answer: (
    method: string,
    request: IncomingRequest,
    report: ReportFailure,
    context: InvocationContext,
  ) => Promise<HttpAnswer>,
): HttpHandler {
  return async (request, context) => {
    const url = new URL(request.url);
    const incoming: IncomingRequest = {
      requestId: composeId('request', Date.now(), idRandom()),
      path: url.pathname,
      // As it was sent: the library's own `query` has already decoded it, and keeps one of several values.
      search: url.search.slice(1),
      params: request.params,
      header: (name) => request.headers.get(name) ?? undefined,
      headers: () => request.headers.entries(),
      readBody: async () => new Uint8Array(await request.arrayBuffer()),
    };
    const answered = await answer(
      request.method,
      incoming,
      (message, fields) => context.error(message, fields),
      context,
    );
    return {
      status: answered.status,
      headers: answered.headers,
      ...(answered.body === undefined ? {} : { body: answered.body }),
    };
  };
}
