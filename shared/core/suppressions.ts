import { createHmac } from 'node:crypto';
import { apiOrigin } from '../contracts/identifiers.ts';
import type { PullPage } from './adapter.ts';
import { canonicalText } from './canonical.ts';

/** A record as whoever erased it and whoever meets it name it alike, whatever it feeds. */
export interface NamedRecord {
  readonly integrationId: string;
  /** That of its links: the provider's object, or one of its own. */
  readonly object: string;
  readonly externalId: string;
}

/** 132 bits of HMAC-SHA256: the ids of records can be guessed, so a hash without a key would tell who was erased. */
export function hashRecord(key: string, { integrationId, object, externalId }: NamedRecord): string {
  const text = canonicalText([integrationId, object, externalId]);
  return createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);
}

/** What has to be kept away. Records that were made here on purpose are not. */
export function isSuppressible({ integrationId }: Pick<NamedRecord, 'integrationId'>): boolean {
  return integrationId !== apiOrigin;
}

/** The records of a tenant's erased people, in memory: asking costs a hash, and nothing where nobody was erased. */
export class Suppressions {
  readonly #byKey: readonly { readonly key: string; readonly hashes: ReadonlySet<string> }[];

  constructor(byKey: readonly { readonly key: string; readonly hashes: ReadonlySet<string> }[] = []) {
    this.#byKey = byKey;
  }

  has(record: NamedRecord): boolean {
    return this.#byKey.some(({ key, hashes }) => hashes.has(hashRecord(key, record)));
  }

  /** A page without what is suppressed, and how many records that was. */
  leaveOut(
    of: Omit<NamedRecord, 'externalId'>,
    page: Pick<PullPage, 'changes' | 'rejected'>,
  ): { readonly page: Pick<PullPage, 'changes' | 'rejected'>; readonly suppressed: number } {
    if (this.#byKey.length === 0) return { page, suppressed: 0 };
    const changes = page.changes.filter(({ externalId }) => !this.has({ ...of, externalId }));
    const rejected = page.rejected.filter(
      ({ externalId }) => externalId === undefined || !this.has({ ...of, externalId }),
    );
    const suppressed = page.changes.length + page.rejected.length - changes.length - rejected.length;
    return { page: { changes, rejected }, suppressed };
  }
}

export const nobodySuppressed = new Suppressions();
