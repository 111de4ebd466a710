import type { Endpoint } from '../shared/core/endpoint.ts';
import { answerRequest } from '../shared/use-cases/answer-request.ts';
import { getDeps } from './app.ts';
import { serveEntry } from './serve-entry.ts';

/** Registers each route, tied to its use-case, as a function of its own. */
export function serve(...endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) {
    const { id, method, path } = endpoint.route;
    serveEntry(id, { method, path, answer: (request, report) => answerRequest(getDeps, endpoint, request, report) });
  }
}
