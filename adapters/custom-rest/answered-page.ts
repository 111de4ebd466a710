import { AdapterFailure } from '../../shared/core/adapter.ts';
import { readPath } from '../kit/read-path.ts';
import { digest } from './position.ts';

/** What to ask for: parameters for the object's own path, or a link that says everything itself. */
export type PageRequest = { readonly query: Readonly<Record<string, string | number>> } | { readonly url: string };

/** An answered page, as far as paging goes. */
export interface AnsweredPage {
  /** The URL that was asked, without the credential. */
  readonly url: string;
  readonly body: unknown;
  readonly linkHeader: string | undefined;
  readonly items: readonly unknown[];
  /** Tells pages with different records apart. */
  readonly digest: string;
}

/** Makes one request and reads its answer as a page. Throws `AdapterFailure`. */
export type Ask = (request: PageRequest) => Promise<AnsweredPage>;

/** Tells pages apart by the ids of their records, or by the records where these have none. */
export function digestItems(items: readonly unknown[], idField: string): string {
  return digest(JSON.stringify(items.map((item) => readPath(item, idField) ?? item)));
}

/**
 * Whether `seen` records are all. An empty page ends a read only where the provider does not count on: it may be a failure, or a
 * server that skips what it did not give because of its own, lower page size.
 */
export function isRead(page: AnsweredPage, seen: number, totalPath: string | undefined): boolean {
  const isEmpty = page.items.length === 0;
  if (totalPath === undefined) return isEmpty;
  const total = readTotal(page.body, totalPath);
  if (isEmpty && seen < total) throwHollow(total, seen);
  return seen >= total;
}

/** Refuses an empty answer from the place `start` in the list where the provider counts records there. `seen` is for people. */
export function assertNotHollow(page: AnsweredPage, start: number, seen: number, totalPath: string | undefined): void {
  if (totalPath === undefined || page.items.length > 0) return;
  const total = readTotal(page.body, totalPath);
  if (start < total) throwHollow(total, seen);
}

function throwHollow(total: number, seen: number): never {
  throw new AdapterFailure(
    'unexpected-response',
    `A page is empty although the provider counts ${total} records and gave ${seen}.`,
  );
}

function readTotal(body: unknown, totalPath: string): number {
  const value = readPath(body, totalPath);
  const total = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total < 0) {
    throw new AdapterFailure('unexpected-response', `The answer has no number of all records at "${totalPath}".`);
  }
  return total;
}

/** Refuses two neighbouring places of a list that hold the same records. `earlier` is the digest of the first. */
export function assertOtherRecords(earlier: string, page: AnsweredPage, param: string): void {
  if (earlier === page.digest) {
    throw new AdapterFailure(
      'unexpected-response',
      `Paging does not advance: two pages in a row hold the same records. Does the provider know the parameter "${param}"?`,
    );
  }
}
