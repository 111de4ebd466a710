import { app } from '@azure/functions';
import type { Endpoint } from '../shared/core/endpoint.ts';
import { answerRequest } from '../shared/use-cases/answer-request.ts';
import { type AnsweringEntry, answerUnrouted } from '../shared/use-cases/answer-unrouted.ts';
import { getDeps } from './app.ts';
import { handle } from './http-exchange.ts';

const entries: AnsweringEntry[] = [];

/** Registers each route, tied to its use-case, as a function of its own. */
export function serve(...endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) {
    const { id, method, path } = endpoint.route;
    serveEntry(id, { method, path, answer: (request, report) => answerRequest(getDeps, endpoint, request, report) });
  }
}

/** Registers something that answers by itself. */
export function serveEntry(name: string, entry: AnsweringEntry): void {
  entries.push(entry);
  const handler = handle((_path, request, report) => entry.answer(request, report));
  app.http(name, { methods: [entry.method], authLevel: 'anonymous', route: entry.path, handler });
}

/** Registers the answer to every other path below `/api`; to be called last. */
export function serveUnrouted(): void {
  app.http('unrouted', {
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    authLevel: 'anonymous',
    route: '{*path}',
    handler: handle((method, request, report) => answerUnrouted(entries, method, request, report)),
  });
}
