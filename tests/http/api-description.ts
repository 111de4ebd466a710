import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';

export type Json = Record<string, unknown>;

/** One operation of the OpenAPI document that the app serves. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** As in the document: `/tenant/integrations/{integrationId}`. */
  readonly path: string;
  readonly isPublic: boolean;
  /** What providers call: it is judged by its bytes before anything of it is read. */
  readonly isRaw: boolean;
  readonly parameters: readonly {
    readonly in: 'path' | 'query' | 'header';
    readonly name: string;
    readonly required?: boolean;
    readonly schema: Json;
  }[];
  readonly bodySchema: Json | undefined;
  readonly bodyRequired: boolean;
  readonly successStatus: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ApiDescription {
  readonly document: Json;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Follows a `$ref` within the document. */
  resolve(node: Json): Json;
  /** Throws, saying what is wrong, when an answer is not one that the document describes for the operation. */
  check(operation: Operation, answer: Answer): void;
}

const base = 'https://api.test/openapi.json';

/** Reads the document, and makes it the judge of answers. */
export function describeApi(raw: unknown): ApiDescription {
  const document = raw as Json & { paths: Record<string, Record<string, Json>> };
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajvFormats.default(ajv);
  ajv.addSchema({ $id: base, ...document });
  const compiled = new Map<string, ValidateFunction>();
  const resolve = (node: Json): Json => {
    const reference = node['$ref'];
    return typeof reference === 'string' ? resolve(at(document, reference.slice(1))) : node;
  };
  const operations = new Map<string, Operation>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, node] of Object.entries(item)) {
      const operation = readOperation(path, method, node);
      operations.set(operation.id, operation);
    }
  }
  const validate = (pointer: string, value: unknown): void => {
    let validator = compiled.get(pointer);
    if (validator === undefined) {
      validator = ajv.compile({ $ref: `${base}#${pointer}` });
      compiled.set(pointer, validator);
    }
    if (!validator(value)) throw new Error(`${pointer}: ${ajv.errorsText(validator.errors)}: ${JSON.stringify(value)}`);
  };
  return {
    document,
    operations,
    resolve,
    check: (operation, answer) => {
      const where = `/paths/${pointerPart(operation.path)}/${operation.method.toLowerCase()}/responses/${answer.status}`;
      const named = at(document, where);
      const pointer = typeof named['$ref'] === 'string' ? named['$ref'].slice(1) : where;
      checkHeaders(operation, at(document, pointer), answer, resolve);
      const content = at(document, pointer)['content'] as Json | undefined;
      if (content === undefined) {
        if (answer.text !== '') throw new Error(`${operation.id} ${answer.status} must have no body`);
        return;
      }
      const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
      if (!(type in content)) throw new Error(`${operation.id} ${answer.status} must not be ${type}`);
      validate(`${pointer}/content/${pointerPart(type)}/schema`, JSON.parse(answer.text));
    },
  };
}

function checkHeaders(operation: Operation, response: Json, answer: Answer, resolve: (node: Json) => Json): void {
  for (const [name, header] of Object.entries((response['headers'] as Record<string, Json>) ?? {})) {
    if (resolve(header)['required'] === true && !answer.headers.has(name)) {
      throw new Error(`${operation.id} ${answer.status} lacks the header ${name}`);
    }
  }
  for (const [name, value] of [
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
  ] as const) {
    if (answer.headers.get(name) !== value) throw new Error(`${operation.id} ${answer.status} lacks ${name}`);
  }
}

function readOperation(path: string, method: string, node: Json): Operation {
  const body = node['requestBody'] as Json | undefined;
  const content = body?.['content'] as Record<string, Json> | undefined;
  const statuses = Object.keys(node['responses'] as Json).map(Number);
  return {
    id: String(node['operationId']),
    method: method.toUpperCase(),
    path,
    isRaw: path.startsWith('/webhooks/{'),
    isPublic: (node['security'] as unknown[]).length === 0,
    parameters: (node['parameters'] ?? []) as Operation['parameters'],
    bodySchema: content?.['application/json']?.['schema'] as Json | undefined,
    bodyRequired: body?.['required'] === true,
    successStatus: statuses.find((status) => status < 300) ?? 0,
  };
}

function pointerPart(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function at(document: Json, pointer: string): Json {
  let node: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    node = (node as Json | undefined)?.[key];
  }
  if (typeof node !== 'object' || node === null) throw new Error(`The OpenAPI document has nothing at ${pointer}`);
  return node as Json;
}
