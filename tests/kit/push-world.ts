import type { ShardDocument, ShardSource } from '../../shared/core/documents/shard.ts';
import type { TaskDocument } from '../../shared/core/documents/task.ts';
import { editShard } from '../../shared/core/edit-shard.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import { loadPushRoutes } from '../../shared/use-cases/load-push-routes.ts';
import { retryPush } from '../../shared/use-cases/push/retry-push.ts';
import type { FakeSystem } from './two-way/fake-system.ts';
import { wholePart } from './two-way/program.ts';
import { integrationOf } from './two-way/set-up.ts';
import type { SystemRecord } from './two-way/system-record.ts';
import type { Traits } from './two-way/system-traits.ts';
import { TwoWayWorld } from './two-way/world.ts';

const exact: Traits = {
  versioned: true,
  optimistic: true,
  idempotentCreate: true,
  findsCreated: false,
  fetches: true,
  tells: true,
  rough: false,
  clockAheadMs: 0,
};

/** What can tell nothing of a create: neither by its key, nor by looking for it. */
export const forgetful: Partial<Traits> = { idempotentCreate: false, findsCreated: false };

/** People come into system `a`; what they lead to in system `b` is looked at. The engine is the real one, on memory ports. */
export class PushWorld extends TwoWayWorld {
  constructor(there: Partial<Traits> = {}, third?: Partial<Traits>) {
    const systems = [{}, there, ...(third === undefined ? [] : [third])].map((traits) => ({
      kind: 'exact' as const,
      traits: { ...exact, ...traits },
      part: wholePart,
    }));
    super({ systems, matched: false, policy: 'manual', fields: {}, people: 0, calm: true, steps: [] });
  }

  get a(): FakeSystem {
    return this.system(0);
  }

  get b(): FakeSystem {
    return this.system(1);
  }

  /** Everything is read once, so that creating is allowed. */
  static async inStep(there: Partial<Traits> = {}, third?: Partial<Traits>): Promise<PushWorld> {
    const world = new PushWorld(there, third);
    await world.settle();
    return world;
  }

  /** Somebody comes into `a`, and nobody knows whether they were created in `b`. Its shard. */
  async doubt(fields: JsonObject = ana, fault: 'unknown-done' | 'unknown-not-done' = 'unknown-done'): Promise<string> {
    const record = this.a.create(fields);
    this.b.nextFaults.push({ fault });
    await this.read(0);
    return this.shardOf(record).id;
  }

  /** Reads a system, and lets all that follows come to rest. */
  async read(index: number, full = false): Promise<void> {
    this.deps.clock.advance(1000);
    await this.sync(index, full);
    await this.rest();
  }

  shardOf(record: Pick<SystemRecord, 'id'>): ShardDocument {
    const found = this.shards().find(({ sources }) =>
      Object.values(sources).some(({ externalId }) => externalId === record.id),
    );
    if (found === undefined) throw new Error(`No shard has ${record.id}`);
    return found;
  }

  shard(id: string): ShardDocument {
    const found = this.deps.shards.all().find((each) => each.id === id);
    if (found === undefined) throw new Error(`There is no shard ${id}`);
    return found;
  }

  /** The shard's records in a system. */
  sourcesAt({ sources }: ShardDocument, index: number): ShardSource[] {
    return Object.values(sources).filter(({ integrationId }) => integrationId === integrationOf(index));
  }

  /** Why it is not written to a system. */
  problemAt(shard: ShardDocument, index: number): string | undefined {
    return shard.pushProblems?.[`${integrationOf(index)}:people`]?.state;
  }

  /** A person changes a shard, with whatever happens then. */
  async edit(shardId: string, patch: Readonly<Record<string, Json>>): Promise<void> {
    const stored = this.deps.shards.peek(this.scope, { id: shardId });
    if (stored === undefined) throw new Error(`There is no shard ${shardId}`);
    const at = this.deps.now().toISOString();
    const cause = { kind: 'person' as const, id: `req_${at}`, actorId: 'ana', at };
    const document = editShard(stored.document, { ...patch }, cause, await loadPushRoutes(this.deps, this.scope));
    this.deps.shards.put(this.scope, { kind: 'replace', document, etag: stored.etag });
  }

  async changeTask(index: number, change: Partial<TaskDocument>): Promise<void> {
    const [stored] = (await this.deps.tasks.list(this.scope, { filters: [], order: 'ascending', limit: 10 })).filter(
      ({ document }) => document.integrationId === integrationOf(index),
    );
    if (stored === undefined) throw new Error('There is no such task');
    const { document, etag } = stored;
    this.deps.tasks.put(this.scope, { kind: 'replace', document: { ...document, ...change }, etag });
  }

  /** A person says what became of a create, or that something is to be written again. */
  async retry(shardId: string, created?: false | string): Promise<void> {
    await retryPush(this.deps, this.scope, {
      params: { integrationId: integrationOf(1), shardId },
      query: undefined,
      body: created === undefined ? {} : { created: created === false ? false : { externalId: created } },
      ifMatch: undefined,
      attempt: { at: this.deps.now(), repeated: false },
    });
    await this.rest();
  }
}

export const ana: JsonObject = { name: 'Ana', email: 'ana@x.org', phone: '040 111 222' };
