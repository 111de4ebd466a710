import { AdapterFailure } from '../../shared/core/adapter.ts';

const jsonMediaType = /^(application|text)\/([a-z0-9!#$&^_.-]+\+)?json$/;

/**
 * Parses an answer's body. Throws `unexpected-response` when it is empty, of another content type, not text in its charset, or
 * not JSON (truncated, for example). No content type counts as JSON. Members named `__proto__` are left out: they carry no data
 * that a provider means, and become a prototype in the first careless copy.
 */
export function parseJsonBody(request: string, bytes: Uint8Array, contentType: string | undefined): unknown {
  if (bytes.byteLength === 0)
    throw new AdapterFailure('unexpected-response', `${request} was answered with an empty body.`);
  const [mediaType = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  if (mediaType.trim() !== '' && !jsonMediaType.test(mediaType.trim())) {
    const shown = /^[\w./+-]{1,100}$/.test(mediaType.trim()) ? mediaType.trim() : 'another content type';
    throw new AdapterFailure('unexpected-response', `${request} was answered with ${shown} instead of JSON.`);
  }
  const text = decodeText(request, bytes, charsetOf(parameters));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the payload.
    const message = `${request} was answered with what is not valid JSON (${bytes.byteLength} bytes; truncated or damaged).`;
    throw new AdapterFailure('unexpected-response', message);
  }
  if (mayNamePrototype(text)) removePrototypeMembers(value);
  return value;
}

function charsetOf(parameters: readonly string[]): string {
  for (const parameter of parameters) {
    const charset = /^\s*charset="?([^"\s]+)"?\s*$/.exec(parameter)?.[1];
    if (charset !== undefined) return charset;
  }
  return 'utf-8';
}

/** `TextDecoder` takes a byte order mark away and, being fatal, never puts a replacement character into data. */
function decodeText(request: string, bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw new AdapterFailure(
      'unexpected-response',
      `${request} was answered with text that its charset cannot decode.`,
    );
  }
}

/** A cheap look at the text, so that only the rare answer is walked; `\u005f` is an escaped underscore. */
function mayNamePrototype(text: string): boolean {
  return text.includes('__proto__') || /\\u005f/i.test(text);
}

function removePrototypeMembers(root: unknown): void {
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__');
    for (const member of Object.values(value)) waiting.push(member);
  }
}
