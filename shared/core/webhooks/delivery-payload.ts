import type { Json } from '../json.ts';
import { readPayload } from './read-payload.ts';

/** A delivery's body as data: JSON as it is, XML by its elements, a form by its fields. `why` goes on from "The body". */
export function deliveryPayload(
  contentType: string | undefined,
  bytes: Uint8Array,
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly why: string } {
  const payload = readPayload(contentType, bytes);
  switch (payload.kind) {
    case 'json':
    case 'xml':
      return { ok: true, value: payload.value };
    case 'form':
      return { ok: true, value: readForm(payload.value) };
    case 'text':
      return { ok: false, why: 'is plain text, which holds no records' };
    case 'refused':
      return { ok: false, why: payload.why };
  }
}

/** A field that comes several times is a list. */
function readForm(fields: URLSearchParams): Json {
  const given = Map.groupBy(fields, ([name]) => name);
  return Object.fromEntries(
    Array.from(given, ([name, [first, ...others]]): [string, Json] => {
      const value = first?.[1] ?? '';
      return [name, others.length === 0 ? value : [value, ...others.map(([, other]) => other)]];
    }),
  );
}
