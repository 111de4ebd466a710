import { routes } from '../shared/contracts/routes.ts';
import { commonHeaders } from '../shared/use-cases/answer-request.ts';
import { serveEntry } from './serve-entry.ts';

let document: Promise<string> | undefined;

serveEntry('openapi', {
  method: 'GET',
  path: 'openapi.json',
  answer: async ({ requestId }) => {
    document ??= composeDocument();
    const headers = { ...commonHeaders(requestId), 'content-type': 'application/json; charset=utf-8' };
    return { status: 200, headers, body: await document };
  },
});

/** Composed when somebody first asks: its library is no part of a cold start. */
async function composeDocument(): Promise<string> {
  const { apiVersion, openApiDocument } = await import('../shared/core/openapi.ts');
  return JSON.stringify(openApiDocument(routes, { version: apiVersion }));
}
