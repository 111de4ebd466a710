import type { Container, ItemDefinition, OperationInput } from '@azure/cosmos';
import { CorruptDocument } from '../core/app-error.ts';
import type { DueLane } from '../core/due.ts';
import type { DueEntry, DueStore, Stored } from '../core/ports.ts';
import { type BulkOutcome, runBulk } from './cosmos-bulk.ts';
import type { StoreTools } from './cosmos-collection.ts';
import { type DocumentReading, readDocument } from './cosmos-documents.ts';
import { storeBudget, tryAgain } from './try-again.ts';

type DueKey = Pick<DueEntry, 'id' | 'bucket'>;

/** One lane of what is to be looked at, in Cosmos, partitioned by bucket. */
export class CosmosDueStore<T extends DueEntry> implements DueStore<T> {
  readonly #tools: StoreTools;
  readonly #buckets: readonly string[];
  readonly #reading: DocumentReading<T>;

  constructor(tools: StoreTools, lane: DueLane<T>) {
    this.#tools = tools;
    this.#buckets = lane.buckets;
    this.#reading = { container: 'due', schema: lane.schema, log: tools.log };
  }

  async put(document: T): Promise<void> {
    const { status } = await this.#run({ operationType: 'Upsert', resourceBody: bodyOf(document) }, document.bucket);
    if (status !== 200 && status !== 201) throw unexpected('put', document.id, status);
  }

  async get(key: DueKey): Promise<Stored<T> | undefined> {
    const container = await this.#open();
    const { resource } = await tryAgain(this.#budget(), () =>
      container.item(key.id, key.bucket).read<ItemDefinition>(),
    );
    return resource === undefined ? undefined : readDocument(this.#reading, resource, key.id);
  }

  async reschedule(entry: Stored<T>, dueAt: string): Promise<'moved' | 'stale' | 'gone'> {
    const { id, bucket } = entry.document;
    const resourceBody = bodyOf({ ...entry.document, dueAt });
    const outcome = await this.#run({ operationType: 'Replace', id, resourceBody, ifMatch: entry.etag }, bucket);
    if (outcome.status === 200) return 'moved';
    if (outcome.status === 404) return 'gone';
    if (outcome.status !== 412) throw unexpected('reschedule', id, outcome.status);
    const present = outcome.unclear ? await this.get({ id, bucket }) : undefined;
    return present?.document.dueAt === dueAt ? 'moved' : 'stale';
  }

  async remove(key: DueKey, etag?: string): Promise<void> {
    const condition = etag === undefined ? {} : { ifMatch: etag };
    const { status } = await this.#run({ operationType: 'Delete', id: key.id, ...condition }, key.bucket);
    if (status !== 204 && status !== 404 && status !== 412) throw unexpected('remove', key.id, status);
  }

  async listDue(now: string, limit: number): Promise<Stored<T>[]> {
    const container = await this.#open();
    const buckets = await Promise.all(this.#buckets.map((bucket) => this.#listBucket(container, bucket, now, limit)));
    return buckets
      .flat()
      .sort((a, b) => (a.document.dueAt < b.document.dueAt ? -1 : 1))
      .slice(0, limit);
  }

  /** A corrupt entry is alerted and left out: it must not stop the clock for everyone else. */
  async #listBucket(container: Container, bucket: string, now: string, limit: number): Promise<Stored<T>[]> {
    const query = {
      query: 'SELECT TOP @limit * FROM c WHERE c.bucket = @bucket AND c.dueAt <= @now ORDER BY c.dueAt ASC',
      parameters: [
        { name: '@limit', value: limit },
        { name: '@bucket', value: bucket },
        { name: '@now', value: now },
      ],
    };
    const { resources } = await tryAgain(this.#budget(), () =>
      container.items.query<ItemDefinition>(query, { partitionKey: bucket, maxItemCount: -1 }).fetchAll(),
    );
    return resources.flatMap((raw) => {
      try {
        return [readDocument(this.#reading, raw, String(raw.id))];
      } catch (error) {
        if (error instanceof CorruptDocument) return [];
        throw error;
      }
    });
  }

  async #run(operation: OperationInput, partitionKey: string): Promise<BulkOutcome> {
    const [outcome] = await runBulk(() => this.#open(), [{ ...operation, partitionKey }], this.#budget());
    if (outcome === undefined) throw new Error('Cosmos did not answer a write of the clock');
    return outcome;
  }

  #budget() {
    return storeBudget(this.#tools.random);
  }

  #open(): Promise<Container> {
    return this.#tools.open('due');
  }
}

function unexpected(verb: string, id: string, status: number): Error {
  return new Error(`Cosmos answered ${status} to the ${verb} of due/${id}`);
}

function bodyOf(document: DueEntry): { id: string } {
  return document;
}
