import type { Body } from './cassette.ts';

const indents = [0, 2, 4];

/** Writes a body in the most readable form that gives back the very same bytes. */
export function encodeBody(bytes: Uint8Array): Body {
  const text = decodeText(bytes);
  if (text === undefined) return { base64: Buffer.from(bytes).toString('base64') };
  return encodeText(text);
}

/** The same for what is text. */
export function encodeText(text: string): Body {
  const json = parseJson(text);
  const indent = json === undefined ? undefined : indents.find((spaces) => write(json.value, spaces) === text);
  return json === undefined || indent === undefined ? { lines: text.split('\n') } : { json: json.value, indent };
}

export function decodeBody(body: Body | undefined): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return 'base64' in body ? Buffer.from(body.base64, 'base64') : Buffer.from(textOf(body), 'utf8');
}

/** Of a body that is text. */
export function textOf(body: Exclude<Body, { base64: string }>): string {
  return 'lines' in body ? body.lines.join('\n') : write(body.json, body.indent);
}

/** `undefined` for what is no UTF-8, or would not be written back as it was. */
function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): { value: import('zod').core.util.JSONType } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function write(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent);
}
