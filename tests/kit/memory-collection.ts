import type { CollectionSpec, TenantDocument } from '../../shared/azure/collections.ts';
import { containers } from '../../shared/azure/containers.ts';
import { isStorableId } from '../../shared/azure/cosmos-placement.ts';
import { CorruptDocument } from '../../shared/core/app-error.ts';
import { sameValue } from '../../shared/core/canonical.ts';
import { copyJson, type Json, type JsonObject } from '../../shared/core/json.ts';
import type {
  Collection,
  EstateDocument,
  Filter,
  Key,
  Listing,
  Log,
  Stored,
  Write,
  WriteResult,
} from '../../shared/core/ports.ts';
import type { Scope } from '../../shared/core/scope.ts';
import type { Faults } from './faults.ts';
import type { EstatePart } from './memory-estate.ts';
import { storedJson } from './stored-json.ts';

interface Entry<T> {
  readonly id: string;
  readonly partition: string | undefined;
  /** What was stored, as JSON knows it. Never handed out but as a copy: a caller that changes its object changes nothing here. */
  readonly raw: Json;
  readonly etag: string;
  /** The document that it is, checked when it is first asked for; treated the same way. */
  document?: T;
}

/** Documents of one kind in memory, with the semantics of the Cosmos collection; `tests/contract/ports` holds both to them. */
export class MemoryCollection<T extends TenantDocument> implements Collection<T>, EstatePart {
  readonly #name: string;
  readonly #spec: CollectionSpec<T>;
  readonly #faults: Faults;
  readonly #log: Log;
  readonly #tenants = new Map<string, Map<string, Entry<T>>>();
  #writes = 0;

  constructor(name: string, spec: CollectionSpec<T>, faults: Faults, log: Log) {
    this.#name = name;
    this.#spec = spec;
    this.#faults = faults;
    this.#log = log;
  }

  async get(scope: Scope, key: Key): Promise<Stored<T> | undefined> {
    await this.#faults.enter(this.#name, 'get', 1);
    return this.#read(scope, key);
  }

  async getMany(scope: Scope, keys: readonly Key[]): Promise<(Stored<T> | undefined)[]> {
    await this.#faults.enter(this.#name, 'getMany', keys.length);
    return keys.map((key) => this.#read(scope, key));
  }

  async write(scope: Scope, write: Write<T>): Promise<WriteResult> {
    await this.#faults.enter(this.#name, write.kind, 1);
    return this.#faults.step(`${this.#name} ${write.kind} ${write.document.id}`, () => this.put(scope, write));
  }

  async writeMany(scope: Scope, writes: readonly Write<T>[]): Promise<WriteResult[]> {
    await this.#faults.enter(this.#name, 'writeMany', writes.length);
    return writes.map((write) =>
      this.#faults.step(`${this.#name} ${write.kind} ${write.document.id}`, () => this.put(scope, write)),
    );
  }

  async remove(scope: Scope, key: Key, etag?: string): Promise<'removed' | 'stale' | 'gone'> {
    await this.#faults.enter(this.#name, 'remove', 1);
    return this.#faults.step(`${this.#name} remove ${key.id}`, () => {
      const documents = this.#tenant(scope);
      const place = this.#place(key);
      const entry = documents.get(place);
      if (entry === undefined) return 'gone';
      if (etag !== undefined && entry.etag !== etag) return 'stale';
      documents.delete(place);
      return 'removed';
    });
  }

  async list(scope: Scope, listing: Listing): Promise<Stored<T>[]> {
    await this.#faults.enter(this.#name, 'list', 1);
    const fields = listing.filters.map(({ field }) => field);
    for (const field of listing.orderBy === undefined ? fields : [...fields, listing.orderBy]) {
      if (!fieldPath.test(field)) throw new RangeError(`"${field}" is not a field that can be queried`);
    }
    const page: Stored<T>[] = [];
    for (const entry of this.#inOrder(scope, listing)) {
      if (page.length >= listing.limit) break;
      const { raw } = entry;
      const isListed = this.#isListed(raw) && listing.filters.every((filter) => matches(raw, filter));
      if (isListed) page.push(this.#parse(entry));
    }
    return page;
  }

  /** What comes after the listing's anchor. */
  #inOrder(scope: Scope, { partition, order, orderBy, afterId }: Listing): Entry<T>[] {
    const direction = order === 'ascending' ? 1 : -1;
    const places = new Map<Entry<T>, string>();
    for (const entry of this.#tenant(scope).values()) {
      if (partition !== undefined && entry.partition !== partition) continue;
      const place = orderBy === undefined ? entry.id : fieldOf(entry.raw, orderBy);
      if (typeof place !== 'string') continue;
      if (afterId === undefined || compare(place, afterId) * direction > 0) places.set(entry, place);
    }
    return [...places].sort(([, a], [, b]) => compare(a, b) * direction).map(([entry]) => entry);
  }

  /** The write itself, without fault hooks. */
  put(scope: Scope, write: Write<T>): WriteResult {
    const { document } = write;
    if (document.tenantId !== scope.tenantId) {
      throw new Error(`A document of tenant ${document.tenantId} can't be written in the scope of ${scope.tenantId}`);
    }
    if (!isStorableId(document.id)) throw new Error(`${JSON.stringify(document.id)} can't be the id of a document`);
    const documents = this.#tenant(scope);
    const partition = this.#spec.partitionOf?.(document);
    const place = this.#place({ id: document.id, ...(partition === undefined ? {} : { partition }) });
    const present = documents.get(place);
    if (write.kind === 'create' && present !== undefined) return { ok: false, reason: 'exists' };
    if (write.kind === 'replace') {
      if (present === undefined) return { ok: false, reason: 'gone' };
      if (present.etag !== write.etag) return { ok: false, reason: 'stale' };
    }
    this.#writes += 1;
    const etag = `"${this.#writes.toString(16).padStart(8, '0')}"`;
    documents.set(place, { id: document.id, partition, raw: storedJson(document), etag });
    return { ok: true, etag };
  }

  /** Reads without fault hooks. */
  peek(scope: Scope, key: Key): Stored<T> | undefined {
    return this.#read(scope, key);
  }

  /** Puts a raw document into the store, past every check, as someone's hand or an older version would. */
  plant(tenantId: string, raw: { readonly id: string }, partition?: string): void {
    const key = { id: raw.id, ...(partition === undefined ? {} : { partition }) };
    this.#writes += 1;
    const etag = `"planted-${this.#writes}"`;
    const documents = this.#tenant({ tenantId });
    documents.set(this.#place(key), { id: raw.id, partition, raw: storedJson(raw), etag });
  }

  get container(): string {
    return containers[this.#spec.container].name;
  }

  raws(tenantId: string): EstateDocument[] {
    return [...this.#tenant({ tenantId }).values()].map(({ raw, etag }) => ({
      container: this.container,
      body: copyJson(raw) as JsonObject,
      etag,
    }));
  }

  swap({ body, etag }: EstateDocument, next: JsonObject | undefined): boolean {
    const documents = this.#tenant({ tenantId: String(body['tenantId']) });
    for (const [place, entry] of documents) {
      if (entry.etag !== etag || !sameValue(entry.raw, body)) continue;
      if (next === undefined) documents.delete(place);
      else {
        const { id, partition } = entry;
        documents.set(place, { id, partition, raw: storedJson(next), etag: `"swapped-${etag}"` });
      }
      return true;
    }
    return false;
  }

  /** Which version of each document of all tenants is there. */
  versions(): [id: string, etag: string][] {
    return [...this.#tenants.values()].flatMap((documents) =>
      [...documents.values()].map(({ id, etag }): [string, string] => [id, etag]),
    );
  }

  /** Every stored document of all tenants, for a test's final look. */
  all(): T[] {
    return [...this.#tenants.values()].flatMap((documents) =>
      [...documents.values()].map((entry) => this.#parse(entry).document),
    );
  }

  #isListed(raw: unknown): boolean {
    const { kind } = raw as { kind?: string };
    return kind === undefined || this.#spec.unlistedKinds?.includes(kind) !== true;
  }

  #read(scope: Scope, key: Key): Stored<T> | undefined {
    const entry = this.#tenant(scope).get(this.#place(key));
    return entry === undefined ? undefined : this.#parse(entry);
  }

  /** One document is checked once, however often it is read. */
  #parse(entry: Entry<T>): Stored<T> {
    if (entry.document === undefined) {
      const parsed = this.#spec.schema.safeParse(entry.raw);
      if (!parsed.success) {
        this.#log.alert('A stored document is corrupt', { document: `${this.#name}/${entry.id}` });
        throw new CorruptDocument(`${this.#name}/${entry.id}`, parsed.error.message);
      }
      entry.document = parsed.data;
    }
    return { document: copyJson(entry.document as unknown as Json) as unknown as T, etag: entry.etag };
  }

  #tenant(scope: Pick<Scope, 'tenantId'>): Map<string, Entry<T>> {
    let documents = this.#tenants.get(scope.tenantId);
    if (documents === undefined) {
      documents = new Map();
      this.#tenants.set(scope.tenantId, documents);
    }
    return documents;
  }

  #place(key: Key): string {
    if (this.#spec.partitionOf === undefined) return key.id;
    if (key.partition === undefined) throw new Error(`${this.#name} is partitioned: the key of ${key.id} lacks it`);
    return JSON.stringify([key.partition, key.id]);
  }
}

const fieldPath = /^[A-Za-z_][\w-]*(\.[\w-]+)*$/;

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** As Cosmos compares: a missing field or one of another type never matches; `contains` ignores case. */
function matches(raw: unknown, filter: Filter): boolean {
  const value = fieldOf(raw, filter.field);
  if (filter.is === 'one-of') return filter.values.some((each) => each === value);
  if (filter.is === 'has') return Array.isArray(value) && value.includes(filter.value);
  if (typeof value !== typeof filter.value) return false;
  if (filter.is === 'equal') return value === filter.value;
  if (filter.is === 'at-least') return (value as string) >= (filter.value as string);
  if (filter.is === 'below') return (value as string) < (filter.value as string);
  return String(value).toLowerCase().includes(String(filter.value).toLowerCase());
}

function fieldOf(raw: unknown, path: string): unknown {
  let value = raw;
  for (const part of path.split('.')) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string, unknown>)[part]
        : undefined;
  }
  return value;
}
