import type { Json } from './api-description.ts';

/** A body with one thing wrong. */
export interface Mutation {
  readonly what: string;
  /** JSON text. */
  readonly text: string;
  /** Pointer of the place that the answer must name, or one below it. */
  readonly place: string;
}

/** Stands in a value for JSON text that no value makes. */
class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Resolve = (node: Json) => Json;

/** Every way in which a schema says that a value can be wrong, one at a time, all else as in the valid value. */
export function mutationsOf(schema: Json, valid: unknown, resolve: Resolve): Mutation[] {
  const mutations: Mutation[] = [];
  walk(schema, valid, [], {
    resolve,
    add: (path, wrong, what) => {
      const place = path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
      mutations.push({ what: `${what} at ${place || 'the root'}`, text: write(replaceAt(valid, path, wrong)), place });
    },
  });
  return mutations;
}

interface Walk {
  readonly resolve: Resolve;
  readonly add: (path: readonly string[], wrong: unknown, what: string) => void;
}

/** `undefined` as a wrong value leaves the field out. */
function walk(node: Json, value: unknown, path: readonly string[], context: Walk): void {
  const whole = context.resolve(node);
  const schema = chooseBranch(whole, value, context.resolve);
  const type = schema['type'];
  for (const [name, wrong] of wrongTypes) {
    if (accepts(schema, wrong) || (wrong === null && isNullable(whole))) continue;
    context.add(path, wrong, `${name} instead of ${String(type ?? 'the right value')}`);
  }
  if (type === 'string') walkString(schema, value, path, context);
  if (type === 'integer' || type === 'number') walkNumber(schema, path, context);
  if (type === 'array') walkArray(schema, value, path, context);
  if (type === 'object') walkObject(schema, value, path, context);
}

const wrongTypes: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a boolean', true],
  ['a number', 7.5],
  ['a string', 'x'],
  ['an array', [[]]],
  ['an object', { x: {} }],
  ['an infinite number', new RawJson('1e999')],
];

function isNullable(schema: Json): boolean {
  const branches = (schema['oneOf'] ?? schema['anyOf'] ?? []) as Json[];
  return branches.some((branch) => branch['type'] === 'null');
}

function accepts(schema: Json, wrong: unknown): boolean {
  if (wrong instanceof RawJson) return false;
  const type = schema['type'];
  if (type === undefined) return schema['const'] === undefined && schema['enum'] === undefined;
  if (type === 'object') return typeof wrong === 'object' && wrong !== null && !Array.isArray(wrong);
  if (type === 'array') return Array.isArray(wrong);
  if (type === 'string') return typeof wrong === 'string';
  return type === typeof wrong;
}

function chooseBranch(schema: Json, value: unknown, resolve: Resolve): Json {
  const branches = (schema['oneOf'] ?? schema['anyOf']) as Json[] | undefined;
  if (branches === undefined) return schema;
  const fits = branches.map(resolve).find((branch) => {
    const properties = (branch['properties'] ?? {}) as Record<string, Json>;
    return Object.entries(properties).every(
      ([name, property]) => !('const' in property) || (value as Json | undefined)?.[name] === property['const'],
    );
  });
  if (fits === undefined) throw new Error(`No branch fits ${JSON.stringify(value)}`);
  return fits;
}

function walkString(schema: Json, value: unknown, path: readonly string[], { add }: Walk): void {
  const text = String(value);
  add(path, new RawJson('"a\\ud800b"'), 'an unpaired surrogate');
  add(path, new RawJson('"\\udc00"'), 'a low surrogate');
  add(path, `${text}\u0000`, 'NUL');
  if (typeof schema['maxLength'] === 'number') add(path, 'x'.repeat(schema['maxLength'] + 1), 'too long a text');
  if (typeof schema['minLength'] === 'number' && schema['minLength'] > 0) add(path, '', 'an empty text');
  if (schema['enum'] !== undefined || schema['const'] !== undefined) add(path, `${text}?`, 'another word');
  if (typeof schema['pattern'] === 'string') {
    for (const hostile of hostileTexts) {
      if (!new RegExp(schema['pattern'], 'u').test(hostile))
        add(path, hostile, `the text ${JSON.stringify(hostile.slice(0, 20))}`);
    }
  }
}

/** What breaks out of something when it is put into it unchecked. */
export const hostileTexts: readonly string[] = [
  `' OR 1=1 --`,
  '") OR true OR ("',
  '../../etc/passwd',
  '{{7*7}}#{7*7}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '\u202e\u0000\u0007',
  '👩‍👩‍👧‍👦'.repeat(20),
  'x'.repeat(10_000),
  ' ',
];

function walkNumber(schema: Json, path: readonly string[], { add }: Walk): void {
  if (typeof schema['minimum'] === 'number') add(path, schema['minimum'] - 1, 'too small a number');
  if (typeof schema['maximum'] === 'number') add(path, schema['maximum'] + 1, 'too big a number');
  if (schema['type'] === 'integer') add(path, Number.MAX_SAFE_INTEGER + 1, 'a number beyond the integers');
}

function walkArray(schema: Json, value: unknown, path: readonly string[], context: Walk): void {
  const items = value as unknown[];
  const maximum = schema['maxItems'];
  if (typeof maximum === 'number') {
    context.add(
      path,
      Array.from({ length: maximum + 1 }, () => items[0] ?? 'trim'),
      'too many items',
    );
  }
  if (typeof schema['minItems'] === 'number' && schema['minItems'] > 0) context.add(path, [], 'no items');
  const first = items[0];
  if (first !== undefined) walk(schema['items'] as Json, first, [...path, '0'], context);
}

function walkObject(schema: Json, value: unknown, path: readonly string[], context: Walk): void {
  const fields = value as Json;
  const { add } = context;
  if (schema['additionalProperties'] === false) {
    for (const name of ['unknown', 'tenantId', 'a/b~c', 'constructor']) add([...path, name], 1, 'an unknown field');
  }
  add([...path, '__proto__'], new RawJson('{"admin":true}'), '__proto__');
  for (const name of (schema['required'] ?? []) as string[]) add([...path, name], undefined, 'a missing field');
  const properties = (schema['properties'] ?? {}) as Record<string, Json>;
  for (const [name, property] of Object.entries(properties)) {
    if (fields[name] !== undefined) walk(property, fields[name], [...path, name], context);
  }
}

function replaceAt(value: unknown, path: readonly string[], wrong: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return wrong;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (String(index) === first ? replaceAt(item, rest, wrong) : item));
  }
  // A Map, because `__proto__` shall be a name like any other here.
  const fields = new Map(value instanceof Map ? value : Object.entries(value as Json));
  const replaced = replaceAt(fields.get(first), rest, wrong);
  if (replaced === undefined) fields.delete(first);
  else fields.set(first, replaced);
  return fields;
}

function write(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const fields = value instanceof Map ? [...value] : Object.entries(value);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(',')}}`;
}

/** Bodies that are wrong whatever the schema says. `place` is where the fault is. */
export function brokenBodies(valid: string): { what: string; raw: string | Uint8Array; place: string }[] {
  const bytes = new TextEncoder().encode(valid);
  const opened = valid.slice(0, -1);
  const more = (field: string) => (opened === '{' ? `{${field}}` : `${opened},${field}}`);
  return [
    { what: 'a cut body', raw: opened, place: '' },
    { what: 'two values', raw: `${valid}{}`, place: '' },
    { what: 'only space', raw: '   ', place: '' },
    { what: 'a byte order mark', raw: Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes), place: '' },
    { what: 'UTF-16', raw: new Uint8Array(Buffer.from(valid, 'utf16le')), place: '' },
    {
      what: 'invalid UTF-8',
      raw: Uint8Array.of(...bytes.slice(0, -1), 0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
      place: '',
    },
    { what: 'a name twice', raw: more('"zz":1,"zz":2'), place: '/zz' },
    { what: 'a surrogate in a name', raw: more('"\\ud800":1'), place: '/\ufffd' },
    { what: 'NUL in a name', raw: more('"a\\u0000":1'), place: '/a\ufffd' },
    { what: 'deep nesting', raw: more(`"zz":${'['.repeat(100)}${']'.repeat(100)}`), place: '/zz' },
    { what: 'very deep nesting', raw: `${'['.repeat(200_000)}${']'.repeat(200_000)}`, place: '' },
    {
      what: 'many unknown fields',
      raw: more(Array.from({ length: 5000 }, (_, index) => `"f${index}":1`).join(',')),
      place: '',
    },
  ];
}
