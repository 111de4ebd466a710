import { AdapterFailure, type ExternalChange } from '../../core/adapter.ts';
import type { FetchedRecord } from '../../core/adapter-writes.ts';
import { AppError } from '../../core/app-error.ts';
import type { LinkDocument } from '../../core/documents/link.ts';
import { linkIdOf } from '../../core/observation.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { openIntegration } from '../open-integration.ts';
import { adapterOf, type DeliverySource } from './delivery-source.ts';

export interface FetchedHints {
  readonly changes: readonly ExternalChange[];
  readonly rejected: readonly { readonly externalId: string; readonly reason: string }[];
  /** How many were looked at since the delivery arrived. */
  readonly seen: number;
  /** When the first of them was asked for, epoch milliseconds. */
  readonly fetchedAtMs: number;
}

/**
 * Reads the records that a delivery names, except those that were looked at since it arrived. A record that is not there any more is a deletion. `pull`
 * where the provider has no way to read single records. A connection whose credential was rejected is not asked: the delivery waits for its next try.
 */
export async function fetchHinted(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  named: {
    readonly object: string;
    readonly externalIds: readonly string[];
    /** When the delivery arrived, epoch milliseconds. */
    readonly sinceMs: number;
    /** Links that a try that was cut short may have touched: they need another look, whatever they say. */
    readonly announced: readonly string[];
    readonly keepHold: () => Promise<boolean>;
  },
): Promise<FetchedHints | 'pull'> {
  const { adapter, settings } = adapterOf(source);
  const description = adapter.objects(settings).find(({ name }) => name === named.object);
  if (adapter.fetch === undefined || description?.fetches !== true) return 'pull';
  const wanted = await findUnseen(deps, scope, source, named);
  const seen = named.externalIds.length - wanted.length;
  const fetchedAtMs = deps.now().getTime();
  const changes: ExternalChange[] = [];
  const rejected: { externalId: string; reason: string }[] = [];
  if (wanted.length === 0 || source.integration === undefined) return { changes, rejected, seen, fetchedAtMs };
  if (source.integration.connection?.state === 'failing') {
    throw new AppError('not-connected', { detail: 'The connection is paused: the provider rejected its credential.' });
  }
  const { call } = await openIntegration(deps, scope, source.integration);
  for (let first = 0; first < wanted.length; first += description.maxPageSize) {
    const externalIds = wanted.slice(first, first + description.maxPageSize);
    const records = await adapter.fetch(call, { object: named.object, externalIds });
    for (const [index, externalId] of externalIds.entries()) {
      const record: FetchedRecord | undefined = records[index];
      if (record === undefined) {
        throw new AdapterFailure('unexpected-response', 'The provider left out a record that was asked for.');
      }
      if (record.kind === 'rejected') rejected.push({ externalId, reason: record.reason });
      else changes.push(record.kind === 'change' ? record.change : { externalId, deleted: true, record: {} });
    }
    if (!(await named.keepHold())) break;
  }
  return { changes, rejected, seen, fetchedAtMs };
}

/** A record whose links were all compared with what the provider showed after the delivery came: that look was the answer to it. */
async function findUnseen(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  named: {
    readonly object: string;
    readonly externalIds: readonly string[];
    readonly sinceMs: number;
    readonly announced: readonly string[];
  },
): Promise<string[]> {
  const intakes = await source.intakesOf(named.object);
  const integrationId = source.integration?.id ?? '';
  const feeds = intakes.flatMap(({ tools }) => tools.converter.feeds);
  const ids = named.externalIds.flatMap((externalId) =>
    feeds.map(({ object, shardTypeId }) => linkIdOf(integrationId, object, externalId, shardTypeId)),
  );
  const links = await deps.links.getMany(
    scope,
    ids.map((id) => ({ id })),
  );
  const touched = new Set(named.announced);
  const isUnseen = (link: Stored<LinkDocument> | undefined) =>
    link?.document.state !== 'settled' ||
    link.document.observed.fence <= named.sinceMs ||
    touched.has(link.document.id);
  return named.externalIds.filter((_, index) =>
    links.slice(index * feeds.length, (index + 1) * feeds.length).some(isUnseen),
  );
}
