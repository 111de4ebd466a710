import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { HttpAnswer, IncomingRequest, ReportFailure } from '../shared/use-cases/answer-request.ts';
import { type AnsweringEntry, answerUnrouted } from '../shared/use-cases/answer-unrouted.ts';
import { handle } from './http-exchange.ts';

/** Answers one path; `context` is that of the function which was called. */
interface Entry extends Omit<AnsweringEntry, 'answer'> {
  /** It starts orchestrations or speaks to them: the client for that is a binding, which the host fills in with every call. */
  readonly isDurable?: true;
  readonly answer: (request: IncomingRequest, report: ReportFailure, context: InvocationContext) => Promise<HttpAnswer>;
}

const entries: Entry[] = [];

const extraInputs = [df.input.durableClient()];

/** Registers something that answers by itself. */
export function serveEntry(name: string, entry: Entry): void {
  entries.push(entry);
  const handler = handle((_path, request, report, context) => entry.answer(request, report, context));
  const { method, path, hostRoute: route = path, isDurable } = entry;
  app.http(name, { methods: [method], authLevel: 'anonymous', route, handler, ...(isDurable && { extraInputs }) });
}

/** Registers the answer to every other path below `/api`; to be called last. It may be the answer of any entry, so it has the client. */
export function serveUnrouted(): void {
  app.http('unrouted', {
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    authLevel: 'anonymous',
    route: '{*path}',
    extraInputs,
    handler: handle((method, request, report, context) => {
      const answering = entries.map(({ answer, ...entry }): AnsweringEntry => {
        return { ...entry, answer: (asked, told) => answer(asked, told, context) };
      });
      return answerUnrouted(answering, method, request, report);
    }),
  });
}
