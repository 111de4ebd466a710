import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Json } from '../json.ts';

/** What a body says, or what is wrong with it, in words that go on from "The body". */
export type Payload =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'xml'; readonly value: Json }
  | { readonly kind: 'form'; readonly value: URLSearchParams }
  | { readonly kind: 'text' }
  | { readonly kind: 'refused'; readonly code: 'invalid-request' | 'unsupported-media-type'; readonly why: string };

/** Deeper bodies have no meaning and are a way to exhaust a stack. */
const deepest = 64;

/** Entities and namespaces stay as they are written: nothing is looked up or expanded. */
const xml = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  removeNSPrefix: true,
  parseTagValue: false,
  maxNestedTags: deepest,
});

/** Reads a body by its content type: JSON, XML, forms and plain text, all of them UTF-8. Without a type it is JSON. */
export function readPayload(contentType: string | undefined, bytes: Uint8Array): Payload {
  const [type = '', ...parameters] = (contentType ?? 'application/json')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((each) => each.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset.replaceAll('"', ''))) {
    return unsupported('must be UTF-8');
  }
  const read = readerOf(type);
  if (read === undefined) return unsupported('must be JSON, XML, a form or plain text');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return invalid('must be valid UTF-8');
  }
  return read(text);
}

function readerOf(type: string): ((text: string) => Payload) | undefined {
  if (type === 'application/json' || type.endsWith('+json')) return readJson;
  if (type === 'text/xml' || type === 'application/xml' || type.endsWith('+xml')) return readXml;
  if (type === 'application/x-www-form-urlencoded') {
    return (text) => ({ kind: 'form', value: new URLSearchParams(text) });
  }
  return type === 'text/plain' ? () => ({ kind: 'text' }) : undefined;
}

function readJson(text: string): Payload {
  if (isTooDeep(text)) return invalid(`must not be nested deeper than ${deepest} levels`);
  try {
    return { kind: 'json', value: JSON.parse(text) as Json };
  } catch {
    return invalid('must be valid JSON');
  }
}

/** Looked at before it is parsed, without a stack. */
function isTooDeep(text: string): boolean {
  const marks = /["[{\]}]/g;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index);
    else depth += mark[0] === '{' || mark[0] === '[' ? 1 : -1;
    if (depth > deepest) return true;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

function readXml(text: string): Payload {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return invalid('must not declare a document type or entities');
  if (XMLValidator.validate(text) !== true) return invalid('must be well-formed XML');
  try {
    return { kind: 'xml', value: xml.parse(text) as Json };
  } catch {
    return invalid(`must be well-formed XML of at most ${deepest} levels`);
  }
}

function invalid(why: string): Payload {
  return { kind: 'refused', code: 'invalid-request', why };
}

function unsupported(why: string): Payload {
  return { kind: 'refused', code: 'unsupported-media-type', why };
}
