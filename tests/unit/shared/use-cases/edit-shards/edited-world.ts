import { runDueEntries } from '../../../../../shared/use-cases/run-due-entries.ts';
import { IdentityWorld, plainRules } from '../../../../kit/identity-world.ts';
import { traceparent } from '../../../../kit/sync-harness.ts';
import { type CallOptions, type CallResult, MemoryApi } from '../api.ts';

export const tenant = 'acme';
/** That of the provider whose pages are applied. */
export const integration = 'int_01q3dcbd00e0000000000000ab';

/** The API and the pages of runs over the same stores. */
export class World {
  readonly api = new MemoryApi();
  readonly identity = new IdentityWorld(plainRules, this.api.deps);

  call(method: string, path: string, options: CallOptions = {}): Promise<CallResult> {
    return this.api.call(method, path, { tenant, ...options });
  }

  create(data: object, key?: string): Promise<CallResult> {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return this.call('POST', 'tenant/shards', { body: { shardTypeId: 'contact', data }, headers });
  }

  update(id: unknown, data: object, headers: Record<string, string> = {}): Promise<CallResult> {
    return this.call('PATCH', `tenant/shards/${id}`, { body: { data }, headers });
  }

  get(id: unknown): Promise<CallResult> {
    return this.call('GET', `tenant/shards/${id}`);
  }

  /** The shards that are there, by their e-mail. */
  emails(): unknown[] {
    const active = this.identity.shards().filter(({ status }) => status === 'active');
    return active.map(({ data }) => data['email']).sort();
  }

  /** The clock, once everything that waits is due. */
  async tick(): Promise<void> {
    this.api.deps.clock.advance(120_000);
    await runDueEntries(this.api.deps, traceparent);
  }
}

/** A person. */
export const ada = {
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  address: { city: 'London', street: 'St James’s Square' },
};
