import { isDeepStrictEqual } from 'node:util';
import type { Container, ItemDefinition, OperationInput, SqlQuerySpec } from '@azure/cosmos';
import type { Collection, Key, Listing, Log, Stored, Write, WriteResult } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import type { RetryBudget } from './backoff.ts';
import type { CollectionSpec, TenantDocument } from './collections.ts';
import { type BulkOutcome, runBulk } from './cosmos-bulk.ts';
import type { OpenContainer } from './cosmos-client.ts';
import { type DocumentReading, readDocument } from './cosmos-documents.ts';
import { isStorableId, type Placement, placementOf } from './cosmos-placement.ts';
import { listQuery, type QueryScope } from './cosmos-query.ts';
import { OperationsTogether } from './operations-together.ts';
import type { KeyedOperation } from './spare-hashing.ts';
import { storeBudget, tryAgain } from './try-again.ts';

export interface StoreTools {
  readonly open: OpenContainer;
  readonly log: Log;
  /** Random in [0, 1), for jitter. */
  readonly random: () => number;
}

/** A document that would make the common answer too large is read for itself. */
const tooLarge = 413;

/**
 * One kind of document in Cosmos. Every call carries the tenant's partition key, every query names the tenant besides, and a document of
 * another tenant or kind counts as absent. A write whose answer was lost is repeated; finding its own document then counts as written.
 */
export class CosmosCollection<T extends TenantDocument> implements Collection<T> {
  readonly #spec: CollectionSpec<T>;
  readonly #placement: Placement;
  readonly #open: () => Promise<Container>;
  readonly #reading: DocumentReading<T>;
  readonly #budget: RetryBudget;
  readonly #reads: OperationsTogether;
  readonly #writes: OperationsTogether | undefined;

  constructor(spec: CollectionSpec<T>, tools: StoreTools) {
    this.#spec = spec;
    this.#placement = placementOf(spec);
    this.#open = () => tools.open(spec.container);
    this.#reading = { container: spec.container, schema: spec.schema, log: tools.log };
    this.#budget = storeBudget(tools.random);
    this.#reads = new OperationsTogether(this.#open, this.#budget);
    const { requestsInFlight } = spec;
    if (requestsInFlight !== undefined)
      this.#writes = new OperationsTogether(this.#open, this.#budget, { requestsInFlight });
  }

  async get(scope: Scope, key: Key): Promise<Stored<T> | undefined> {
    if (!this.#isStorable(scope, key)) return undefined;
    const outcome = await this.#reads.run(this.#operationAt(scope, key, 'Read'));
    return outcome.status === tooLarge ? this.#readAlone(scope, key) : this.#judgeRead(scope, key, outcome);
  }

  async getMany(scope: Scope, keys: readonly Key[]): Promise<(Stored<T> | undefined)[]> {
    const asked = keys.filter((key) => this.#isStorable(scope, key));
    const operations = asked.map((key) => this.#operationAt(scope, key, 'Read'));
    const outcomes = await runBulk(this.#open, operations, this.#budget);
    const found = new Map<Key, Stored<T> | undefined>();
    for (const [index, key] of asked.entries()) {
      const outcome = outcomes[index];
      const isTooLarge = outcome?.status === tooLarge;
      found.set(key, isTooLarge ? await this.#readAlone(scope, key) : this.#judgeRead(scope, key, outcome));
    }
    return keys.map((key) => found.get(key));
  }

  #judgeRead(scope: Scope, key: Key, outcome: BulkOutcome | undefined): Stored<T> | undefined {
    if (outcome?.status === 200 && outcome.body !== undefined) return this.#read(scope, outcome.body);
    if (outcome?.status === 404) return undefined;
    throw this.#unexpected('read', key.id, outcome?.status);
  }

  async #readAlone(scope: Scope, key: Key): Promise<Stored<T> | undefined> {
    const partitionKey = this.#placement.partitionKey(scope.tenantId, key);
    const id = this.#placement.storedId(scope.tenantId, key.id);
    const container = await this.#open();
    const { resource } = await tryAgain(this.#budget, () => container.item(id, partitionKey).read<ItemDefinition>());
    return resource === undefined ? undefined : this.#read(scope, resource);
  }

  async write(scope: Scope, write: Write<T>): Promise<WriteResult> {
    const operation = this.#keyedOperation(scope, write);
    const [outcome] =
      this.#writes === undefined
        ? await runBulk(this.#open, [operation], this.#budget)
        : [await this.#writes.run(operation)];
    if (outcome === undefined) throw new Error(`The write of ${write.document.id} has no result`);
    return this.#judge(scope, write, outcome);
  }

  async writeMany(scope: Scope, writes: readonly Write<T>[]): Promise<WriteResult[]> {
    const operations = writes.map((write) => this.#keyedOperation(scope, write));
    const outcomes = await runBulk(this.#open, operations, this.#budget);
    return Promise.all(outcomes.map((outcome, index) => this.#judge(scope, writes[index], outcome)));
  }

  async remove(scope: Scope, key: Key, etag?: string): Promise<'removed' | 'stale' | 'gone'> {
    if (!this.#isStorable(scope, key)) return 'gone';
    const operation = this.#operationAt(scope, key, 'Delete', etag);
    const [outcome] = await runBulk(this.#open, [operation], this.#budget);
    if (outcome?.status === 204) return 'removed';
    if (outcome?.status === 404) return outcome.unclear ? 'removed' : 'gone';
    if (outcome?.status === 412) return 'stale';
    throw this.#unexpected('delete', key.id, outcome?.status);
  }

  async list(scope: Scope, listing: Listing): Promise<Stored<T>[]> {
    return this.#query(scope, listQuery(this.#queryScope(scope, listing.partition), listing), listing.partition);
  }

  #keyedOperation(scope: Scope, write: Write<T>): KeyedOperation {
    const partitionKey = this.#placement.partitionKey(scope.tenantId, this.#keyOf(write.document));
    return { ...this.operation(scope, write), partitionKey } as KeyedOperation;
  }

  /** A write as an operation. @throws for a document of another tenant or an id that can't be stored */
  operation(scope: Scope, write: Write<T>): OperationInput {
    const { document } = write;
    if (document.tenantId !== scope.tenantId) {
      throw new Error(`A document of tenant ${document.tenantId} can't be written in the scope of ${scope.tenantId}`);
    }
    const id = this.#placement.storedId(scope.tenantId, document.id);
    if (!this.#isStorable(scope, document)) {
      throw new Error(`${JSON.stringify(document.id)} can't be the id of a document`);
    }
    const resourceBody = (id === document.id ? document : { ...document, id }) as object as { id: string };
    if (write.kind === 'create') return { operationType: 'Create', resourceBody };
    if (write.kind === 'upsert') return { operationType: 'Upsert', resourceBody };
    return { operationType: 'Replace', id, resourceBody, ifMatch: write.etag };
  }

  async #judge(scope: Scope, write: Write<T> | undefined, outcome: BulkOutcome): Promise<WriteResult> {
    if (write === undefined) throw new Error('Cosmos answered more than was asked');
    const { status, etag, unclear } = outcome;
    if (status === 200 || status === 201) {
      if (etag === undefined) throw new Error(`Cosmos wrote ${write.document.id} without telling its ETag`);
      return { ok: true, etag };
    }
    if (status === 404 && write.kind === 'replace') return { ok: false, reason: 'gone' };
    const reason = status === 409 ? 'exists' : 'stale';
    if (!(status === 409 && write.kind === 'create') && !(status === 412 && write.kind === 'replace')) {
      throw this.#unexpected(write.kind, write.document.id, status);
    }
    const own = unclear ? await this.findOwn(scope, write.document) : undefined;
    return own === undefined ? { ok: false, reason } : { ok: true, etag: own.etag };
  }

  /** The stored document if it is just what was written, which means that the unanswered try had worked. */
  async findOwn(scope: Scope, document: T): Promise<Stored<T> | undefined> {
    const stored = await this.get(scope, this.#keyOf(document));
    const isSame =
      stored !== undefined &&
      isDeepStrictEqual(JSON.parse(JSON.stringify(stored.document)), JSON.parse(JSON.stringify(document)));
    return isSame ? stored : undefined;
  }

  #isStorable(scope: Scope, key: Key): boolean {
    return isStorableId(key.id) && isStorableId(this.#placement.storedId(scope.tenantId, key.id));
  }

  #operationAt(scope: Scope, key: Key, operationType: 'Read' | 'Delete', etag?: string): KeyedOperation {
    const id = this.#placement.storedId(scope.tenantId, key.id);
    const partitionKey = this.#placement.partitionKey(scope.tenantId, key);
    return { operationType, id, partitionKey, ...(etag === undefined ? {} : { ifMatch: etag }) } as KeyedOperation;
  }

  #keyOf(document: T): Key {
    const partition = this.#spec.partitionOf?.(document);
    return partition === undefined ? { id: document.id } : { id: document.id, partition };
  }

  async #query(scope: Scope, query: SqlQuerySpec, partition: string | undefined): Promise<Stored<T>[]> {
    const partitionKey = this.#placement.queryKey(scope.tenantId, partition);
    if (partitionKey === undefined)
      throw new Error(`${this.#spec.container} keeps no tenant together: it can't be listed`);
    const container = await this.#open();
    const { resources } = await tryAgain(this.#budget, () =>
      container.items.query<object>(query, { partitionKey, maxItemCount: -1 }).fetchAll(),
    );
    return resources.flatMap((raw) => this.#read(scope, raw) ?? []);
  }

  #queryScope(scope: Scope, partition: string | undefined): QueryScope {
    const field = this.#placement.partitionField;
    return {
      tenantId: scope.tenantId,
      kind: this.#spec.kind,
      partition: field === undefined || partition === undefined ? undefined : { field, value: partition },
    };
  }

  #read(scope: Scope, raw: object): Stored<T> | undefined {
    const { tenantId, kind, id } = raw as { tenantId?: unknown; kind?: unknown; id?: unknown };
    if (tenantId !== scope.tenantId) return undefined;
    if (this.#spec.kind !== undefined && kind !== this.#spec.kind && !this.#isUnlisted(kind)) return undefined;
    const prefixLength = this.#placement.storedId(scope.tenantId, '').length;
    return readDocument(this.#reading, raw, String(id).slice(prefixLength));
  }

  #isUnlisted(kind: unknown): boolean {
    return this.#spec.unlistedKinds?.some((each) => each === kind) === true;
  }

  #unexpected(verb: string, id: string, status: number | undefined): Error {
    return new Error(`Cosmos answered ${status ?? 'nothing'} to the ${verb} of ${this.#spec.container}/${id}`);
  }
}
