import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CorsSettings } from '../config/settings.ts';
import type { HandleRequest } from './listen.ts';

/**
 * Answers preflight requests and marks answers for the origins that may read them, before the app is asked, as the
 * platform does. An origin that is not allowed gets no mark; the browser does the rest.
 */
export const withCors =
  (settings: CorsSettings, handle: HandleRequest): HandleRequest =>
  async (request, response) => {
    const { origin } = request.headers;
    if (origin === undefined) {
      await handle(request, response);
      return;
    }
    const allowed = allowedOrigin(settings, origin);
    if (allowed !== undefined) {
      response.setHeader('access-control-allow-origin', allowed);
      if (settings.allowsCredentials) {
        response.setHeader('access-control-allow-credentials', 'true');
      }
    }
    if (!settings.origins.includes('*')) {
      response.setHeader('vary', 'Origin');
    }
    if (isPreflight(request)) {
      answerPreflight(request, response, allowed !== undefined);
    } else {
      await handle(request, response);
    }
  };

const allowedOrigin = ({ origins }: CorsSettings, origin: string): string | undefined => {
  if (origins.includes('*')) {
    return '*';
  }
  return origins.some((each) => each.toLowerCase() === origin.toLowerCase()) ? origin : undefined;
};

const isPreflight = (request: IncomingMessage): boolean =>
  request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;

const answerPreflight = (request: IncomingMessage, response: ServerResponse, isAllowed: boolean): void => {
  const { 'access-control-request-method': method, 'access-control-request-headers': headers } = request.headers;
  if (isAllowed) {
    response.setHeader('access-control-allow-methods', method ?? '');
    if (headers !== undefined) {
      response.setHeader('access-control-allow-headers', headers);
    }
  }
  response.writeHead(204).end();
};
