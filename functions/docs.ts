import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../shared/core/app-error.ts';
import * as http from '../shared/use-cases/answer-request.ts';
import { serveEntry } from './serve-entry.ts';

/** The build puts these beside the bundle. No other file can be asked for. */
const folder = join(import.meta.dirname, 'docs');
const types = new Map([
  ['index.html', 'text/html'],
  ['show.js', 'text/javascript'],
  ['swagger-ui.css', 'text/css'],
  ['swagger-ui-bundle.js', 'text/javascript'],
]);

/** Everything comes from here, nothing is inline; pictures inside the style sheet are `data:`. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function answer(request: http.IncomingRequest): Promise<http.HttpAnswer> {
  const name = request.params['file'] ?? 'index.html';
  const type = types.get(name);
  if (type === undefined) {
    return http.answerProblem(new AppError('not-found', { detail: 'There is no such page.' }), request);
  }
  const headers = {
    ...http.commonHeaders(request.requestId),
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
  };
  return { status: 200, headers, body: await readFile(join(folder, name), 'utf8') };
}

serveEntry('docs', { method: 'GET', path: 'docs', answer });
serveEntry('docsFile', { method: 'GET', path: 'docs/{file}', answer });
