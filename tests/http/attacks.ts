import type { ApiCaller, CallOptions } from './api-caller.ts';
import type { ApiDescription, Operation } from './api-description.ts';
import { brokenBodies, hostileTexts, mutationsOf } from './mutations.ts';

/** One wrong request, and what must come of it. */
export interface Attack {
  readonly what: string;
  readonly options: CallOptions;
  readonly caller?: ApiCaller;
  readonly status: readonly number[];
  /** For 400: where the fault is. Another fault beside it may be named too. */
  readonly names?: { readonly in: string; readonly field: string };
}

export function bodyAttacks(
  operation: Operation,
  params: Record<string, string>,
  valid: unknown,
  api: ApiDescription,
): Attack[] {
  const schema = operation.bodySchema;
  if (schema === undefined) {
    if (operation.method === 'GET') return [];
    const refused = { status: [400], names: { in: 'body', field: '' } } as const;
    return ['{}', 'x', '{"a":1}'].map((raw) => ({ what: `the body ${raw}`, options: { params, raw }, ...refused }));
  }
  const text = JSON.stringify(valid);
  const attacks: Attack[] = mutationsOf(schema, valid, api.resolve).map((mutation) => ({
    what: mutation.what,
    options: { params, raw: mutation.text },
    status: [400],
    names: { in: 'body', field: mutation.place },
  }));
  for (const { what, raw, place } of brokenBodies(text)) {
    const status = what === 'very deep nesting' ? [400, 413] : [400];
    attacks.push({
      what,
      options: { params, raw },
      status,
      ...(place === '' ? {} : { names: { in: 'body', field: place } }),
    });
  }
  attacks.push(
    {
      what: 'a body over 1 MiB',
      options: { params, raw: `${text.slice(0, -1)},"z":"${'x'.repeat(1_048_576)}"}` },
      status: [413],
    },
    {
      what: 'a form',
      options: { params, raw: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      status: [415],
    },
    {
      what: 'another charset',
      options: { params, raw: text, headers: { 'content-type': 'application/json; charset=latin1' } },
      status: [415],
    },
  );
  if (operation.bodyRequired)
    attacks.push({ what: 'no body', options: { params }, status: [400], names: { in: 'body', field: '' } });
  return attacks;
}

export function queryAttacks(operation: Operation, params: Record<string, string>): Attack[] {
  const refuse = (what: string, query: string, field: string): Attack => ({
    what: `${what}: ?${query.slice(0, 60)}`,
    options: { params, query },
    status: [400],
    names: { in: 'query', field },
  });
  const attacks = [
    refuse('an unknown parameter', 'unknown=1', 'unknown'),
    refuse('the tenant', 'tenantId=other', 'tenantId'),
    refuse('__proto__', '__proto__=1', '__proto__'),
    refuse('a nested name', 'a%5Bb%5D=1', 'a[b]'),
    refuse('broken encoding', 'broken=%E0%A4%A', 'broken'),
  ];
  const known = operation.parameters.filter((parameter) => parameter.in === 'query');
  for (const { name, schema } of known) {
    attacks.push(
      refuse('a parameter twice', `${name}=1&${name}=1`, name),
      refuse('NUL', `${name}=%00`, name),
      refuse('invalid UTF-8', `${name}=%ff`, name),
      refuse('an encoded surrogate', `${name}=%ed%a0%80`, name),
    );
    if (schema['type'] === 'integer') {
      const belowRange = String(Number(schema['minimum'] ?? 1) - 1);
      for (const wrong of ['x', '1.5', '-1', belowRange, '1e9', 'NaN', 'Infinity', '9'.repeat(400)]) {
        attacks.push(refuse('a wrong number', `${name}=${wrong}`, name));
      }
    }
    if (typeof schema['maxLength'] === 'number') {
      attacks.push(refuse('too long a text', `${name}=${'x'.repeat(schema['maxLength'] + 1)}`, name));
    }
    const pattern = typeof schema['pattern'] === 'string' ? new RegExp(schema['pattern'], 'u') : undefined;
    if (pattern === undefined && schema['enum'] === undefined) continue;
    for (const hostile of hostileTexts) {
      if (pattern?.test(hostile) !== true)
        attacks.push(refuse('a hostile text', `${name}=${encodeURIComponent(hostile)}`, name));
    }
  }
  return attacks;
}

function isWellFormed(operation: Operation, name: string, text: string): boolean {
  const schema = operation.parameters.find((each) => each.in === 'path' && each.name === name)?.schema ?? {};
  const { pattern, maxLength = Number.POSITIVE_INFINITY } = schema as { pattern?: unknown; maxLength?: number };
  if (text.length > maxLength) return false;
  // What no pattern says: names that every object has are no fields.
  const isInherited = ['__proto__', 'constructor', 'prototype'].includes(text);
  return typeof pattern === 'string' && !isInherited && new RegExp(pattern, 'u').test(text);
}

/** Parameters that name no document: a well-formed value is of something that there is, unless it may not be named. */
const namesNothing = new Set(['field']);

export function pathAttacks(
  operation: Operation,
  ids: Record<string, string>,
  othersIds: Record<string, string>,
): Attack[] {
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'path');
  // What is not below `tenant` is the same for all.
  const isTenants = operation.path.startsWith('/tenant/');
  return parameters.flatMap(({ name }) => [
    ...hostileSegments(operation, ids, name),
    ...(isTenants && !namesNothing.has(name) ? [othersSegment(operation, ids, othersIds, name)] : []),
  ]);
}

function hostileSegments(operation: Operation, ids: Record<string, string>, name: string): Attack[] {
  const id = ids[name];
  const texts = [...hostileTexts, 'x', 'int_', `${id}0`, id?.toUpperCase() ?? '', `${id}\n`, '%00', '%ed%a0%80'];
  return texts.flatMap((hostile): Attack[] => {
    // A segment of only dots is resolved by the client before it is sent.
    if (hostile.trim() === '' || hostile === id) return [];
    const isGood = isWellFormed(operation, name, hostile);
    return [
      {
        what: `the ${name} ${JSON.stringify(hostile.slice(0, 40))}`,
        options: { params: { ...ids, [name]: hostile } },
        status: isGood && namesNothing.has(name) ? [200, 400] : [400, 404],
        // A name that a person chose may be any of these: it is only of nothing.
        ...(isGood ? {} : { names: { in: 'path', field: name } }),
      },
    ];
  });
}

function othersSegment(
  operation: Operation,
  ids: Record<string, string>,
  othersIds: Record<string, string>,
  name: string,
): Attack {
  // Without a body or a query, operations that need one refuse before they look.
  const needsQuery = operation.parameters.some((each) => each.in === 'query' && each.required === true);
  return {
    what: `another tenant's ${name}`,
    options: { params: { ...ids, [name]: othersIds[name] ?? '' } },
    status: operation.bodyRequired || needsQuery ? [400] : [404],
  };
}

export function headerAttacks(operation: Operation, params: Record<string, string>, valid: unknown): Attack[] {
  if (operation.method === 'GET') return [];
  const body = valid === undefined ? {} : { body: valid };
  const refuse = (header: string, value: string): Attack => ({
    what: `${header}: ${value.slice(0, 20)}`,
    options: { params, ...body, headers: { [header]: value } },
    status: [400],
    names: { in: 'header', field: header },
  });
  const attacks = ['', 'x'.repeat(256), 'schlüssel'].map((value) => refuse('Idempotency-Key', value));
  attacks.push(...['', 'x', '"x', '"a" "b"', '*,*'].map((value) => refuse('If-Match', value)));
  const honours = (name: string) =>
    operation.parameters.some((parameter) => parameter.in === 'header' && parameter.name === name);
  if (!honours('Idempotency-Key')) attacks.push(refuse('Idempotency-Key', 'valid'));
  if (!honours('If-Match')) attacks.push(refuse('If-Match', '*'));
  return attacks;
}
