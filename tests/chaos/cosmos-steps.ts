import { isDeepStrictEqual } from 'node:util';
import { ChangeFeedStartFrom, type Container, type OperationInput, type PatchOperation } from '@azure/cosmos';
import type { Body, Model, Operation } from './cosmos-model.ts';

/** The store did not answer as the model does. */
export class Mismatch extends Error {
  constructor(what: string, expected: unknown, found: unknown) {
    super(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }
}

function expectSame(what: string, expected: unknown, found: unknown): void {
  if (!isDeepStrictEqual(found, expected)) throw new Mismatch(what, expected, found);
}

/** The properties of a document that are its own. */
function bodyOf(document: Body): Body {
  return { id: document.id, pk: document.pk, n: document.n, tags: document.tags };
}

function patchOf(operation: Operation & { kind: 'Patch' | 'ConditionalPatch' }): {
  operations: PatchOperation[];
  condition?: string;
} {
  if (operation.kind === 'ConditionalPatch') {
    const operations: PatchOperation[] = [{ op: 'incr', path: '/n', value: 1 }];
    return { operations, condition: `FROM c WHERE c.n < ${operation.below}` };
  }
  return {
    operations: [
      { op: 'incr', path: '/n', value: operation.by },
      { op: 'add', path: '/tags/-', value: operation.tag },
    ],
  };
}

function inBatch(operation: Operation): OperationInput {
  switch (operation.kind) {
    case 'Create':
    case 'Upsert':
      return { operationType: operation.kind, resourceBody: { ...operation.body, tags: [...operation.body.tags] } };
    case 'Replace':
      return {
        operationType: 'Replace',
        id: operation.body.id,
        resourceBody: { ...operation.body, tags: [...operation.body.tags] },
      };
    case 'Read':
    case 'Delete':
      return { operationType: operation.kind, id: operation.id };
    default:
      return { operationType: 'Patch', id: operation.id, resourceBody: patchOf(operation) };
  }
}

async function send(
  container: Container,
  operation: Operation,
): Promise<{ statusCode: number; resource?: Body | undefined }> {
  switch (operation.kind) {
    case 'Create':
      return container.items.create<Body>(operation.body);
    case 'Upsert': {
      const { statusCode, resource } = await container.items.upsert<Body>(operation.body);
      return { statusCode, resource };
    }
    case 'Replace':
      return container.item(operation.body.id, operation.body.pk).replace<Body>(operation.body);
    case 'Read':
      return container.item(operation.id, operation.pk).read<Body>();
    case 'Delete':
      return { statusCode: (await container.item(operation.id, operation.pk).delete()).statusCode };
    default:
      return container.item(operation.id, operation.pk).patch<Body>(patchOf(operation));
  }
}

/** Sends one operation; a refusal is its status, a lost connection throws. */
export async function sendOne(container: Container, operation: Operation): Promise<{ status: number; body?: Body }> {
  try {
    const { statusCode, resource } = await send(container, operation);
    return { status: statusCode, ...(resource === undefined ? {} : { body: bodyOf(resource) }) };
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'number' && [404, 409, 412].includes(code)) return { status: code };
    throw error;
  }
}

/** Sends a transactional batch; its operations are all of one partition. */
export async function sendBatch(container: Container, pk: string, operations: readonly Operation[]): Promise<number[]> {
  const { result } = await container.items.batch(operations.map(inBatch), pk);
  return (result ?? []).map(({ statusCode }) => statusCode);
}

/** Sends a bulk request, each operation for itself. */
export async function sendBulk(container: Container, operations: readonly Operation[]): Promise<number[]> {
  const inputs = operations.map((operation) => {
    const partitionKey = 'body' in operation ? operation.body.pk : operation.pk;
    return { ...inBatch(operation), partitionKey };
  });
  const results = await container.items.bulk(inputs as OperationInput[], { continueOnError: true });
  return results.map(({ statusCode }) => statusCode);
}

export async function checkOne(container: Container, model: Model, operation: Operation): Promise<void> {
  const status = model.apply(operation);
  const answer = await sendOne(container, operation);
  expectSame(JSON.stringify(operation), status, answer.status);
  const { id, pk } = 'body' in operation ? operation.body : operation;
  if (answer.body !== undefined)
    expectSame(`the document of ${JSON.stringify(operation)}`, model.find(pk, id), answer.body);
}

export async function checkBatch(
  container: Container,
  model: Model,
  pk: string,
  operations: readonly Operation[],
): Promise<void> {
  const statuses = model.applyBatch(operations);
  expectSame(`batch ${JSON.stringify(operations)}`, statuses, await sendBatch(container, pk, operations));
}

export async function checkBulk(container: Container, model: Model, operations: readonly Operation[]): Promise<void> {
  const statuses = operations.map((operation) => model.apply(operation));
  expectSame(`bulk ${JSON.stringify(operations)}`, statuses, await sendBulk(container, operations));
}

const byKey = (left: Body, right: Body): number => (`${left.pk}/${left.id}` < `${right.pk}/${right.id}` ? -1 : 1);

/** Queries with a filter, in one partition or in all, in pages of `maxItemCount`. */
export async function checkQuery(
  container: Container,
  model: Model,
  pk: string | undefined,
  least: number,
  maxItemCount: number,
): Promise<void> {
  const wanted = model.documents().filter((body) => body.n >= least && (pk ?? body.pk) === body.pk);
  const options = { maxItemCount, ...(pk === undefined ? {} : { partitionKey: pk }) };
  const parameters = [{ name: '@least', value: least }];
  const query = { query: 'SELECT * FROM c WHERE c.n >= @least ORDER BY c.n DESC', parameters };
  const { resources } = await container.items.query<Body>(query, options).fetchAll();
  expectSame('the results of a query', wanted.toSorted(byKey), resources.map(bodyOf).toSorted(byKey));
  const order = resources.map(({ n }) => n);
  expectSame(
    'the order of a query',
    order.toSorted((left, right) => right - left),
    order,
  );
  const sum = { query: 'SELECT VALUE SUM(c.n) FROM c WHERE c.n >= @least', parameters };
  const total = wanted.reduce((before, { n }) => before + n, 0);
  expectSame('a sum', [total], (await container.items.query<number>(sum, options).fetchAll()).resources);
  const tagged = { query: 'SELECT VALUE COUNT(1) FROM c WHERE ARRAY_CONTAINS(c.tags, "t1")' };
  const count = model.documents().filter((body) => body.tags.includes('t1') && (pk ?? body.pk) === body.pk).length;
  expectSame('a count', [count], (await container.items.query<number>(tagged, options).fetchAll()).resources);
}

/** A reader of the change feed that remembers where it is. */
export interface FeedReader {
  token: string | undefined;
  /** How the documents stood when they were read last, in the order of their last write. */
  seen: readonly Body[];
}

/** Reads the feed to its end: what was written since the last time, once each, in the order of the last write. */
export async function checkFeed(container: Container, model: Model, reader: FeedReader): Promise<void> {
  const start =
    reader.token === undefined ? ChangeFeedStartFrom.Beginning() : ChangeFeedStartFrom.Continuation(reader.token);
  const feed = container.items.getChangeFeedIterator({ changeFeedStartFrom: start, maxItemCount: 7 });
  const changes: Body[] = [];
  let page = await feed.readNext();
  for (; page.statusCode === 200; page = await feed.readNext())
    changes.push(...page.result.map((change: unknown) => bodyOf(change as Body)));
  // Bodies are never changed in place: the same object is the same version.
  const before = new Set(reader.seen);
  const now = model.documents();
  expectSame(
    'the change feed',
    now.filter((body) => !before.has(body)),
    changes,
  );
  reader.token = page.continuationToken;
  reader.seen = now;
}

/** Everything that is there is what the model has. */
export async function checkAll(container: Container, model: Model): Promise<void> {
  const { resources } = await container.items.readAll<Body>().fetchAll();
  expectSame(
    'all documents',
    model.documents().toSorted(byKey),
    resources.map((one) => bodyOf(one as Body)).toSorted(byKey),
  );
}
