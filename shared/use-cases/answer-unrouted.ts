import { AppError } from '../core/app-error.ts';
import { type Entry, findEntry } from '../core/find-entry.ts';
import { answerProblem, type HttpAnswer, type IncomingRequest, type ReportFailure } from './answer-request.ts';

/** An entry that can answer by itself. */
export interface AnsweringEntry extends Entry {
  /** The route to give to the host, where it takes less than the path: what it leaves out is found by `answerUnrouted`. */
  readonly hostRoute?: string;
  readonly answer: (request: IncomingRequest, report: ReportFailure) => Promise<HttpAnswer>;
}

/**
 * Answers what no function's own route took: 404, or 405 with the methods that there are. Whichever order a host tries its functions in,
 * a request that has an entry gets its entry's answer.
 */
export async function answerUnrouted(
  entries: readonly AnsweringEntry[],
  method: string,
  request: IncomingRequest,
  report: ReportFailure,
): Promise<HttpAnswer> {
  const found = findEntry(entries, method, request.path.replace(/^\/api(\/|$)/i, ''));
  if (found.kind === 'found') return found.entry.answer({ ...request, params: found.params }, report);
  if (found.kind === 'none') {
    return answerProblem(new AppError('not-found', { detail: 'There is no such path.' }), request);
  }
  const allow = found.allowed.join(', ');
  return answerProblem(new AppError('method-not-allowed', { detail: `This path answers ${allow}.` }), request, {
    allow,
  });
}
