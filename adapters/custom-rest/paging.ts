import { AdapterFailure } from '../../shared/core/adapter.ts';
import { findLink } from '../kit/link-header.ts';
import { readPath } from '../kit/read-path.ts';
import { assertSameOrigin, removeQueryParameter } from '../kit/request-url.ts';
import { digest, followTrail, type Position, type Trail } from './position.ts';
import type { PagingSettings } from './settings.ts';

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

/** The request for the page at `position`; the first page when there is none. `size` is how many records are wanted. */
export function planPage(paging: PagingSettings, position: Position | undefined, size: number): PageRequest {
  if (position?.kind === 'url') return { url: position.url };
  switch (paging.kind) {
    case 'none':
      return { query: {} };
    case 'page': {
      const at = position?.kind === 'page' ? position : { page: paging.firstPage, size };
      return { query: { [paging.pageParam]: at.page, ...sizeQuery(paging.sizeParam, at.size) } };
    }
    case 'offset': {
      const offset = position?.kind === 'offset' ? position.offset : 0;
      return { query: { [paging.offsetParam]: offset, [paging.limitParam]: size } };
    }
    case 'cursor': {
      const cursor = position?.kind === 'cursor' ? { [paging.cursorParam]: position.cursor } : {};
      return { query: { ...cursor, ...sizeQuery(paging.sizeParam, size) } };
    }
    case 'link-header':
    case 'next-url':
      return { query: sizeQuery(paging.sizeParam, size) };
  }
}

/**
 * The position after an answered page; undefined when it was the last. Throws `unexpected-response` when the next page cannot be
 * told, is on another origin, or is one that was read before.
 *
 * A short page does not end a read: servers cap the page size below what is asked for. By page and by offset an empty page ends
 * it, or the total where one is configured; in the other kinds the absence of a next page does.
 * `secretParam` is the query parameter that carries the credential: links may repeat it, positions must not.
 */
export function findNextPosition(
  paging: PagingSettings,
  position: Position | undefined,
  page: AnsweredPage,
  { size, secretParam }: { readonly size: number; readonly secretParam?: string | undefined },
): Position | undefined {
  switch (paging.kind) {
    case 'none':
      return undefined;
    case 'page': {
      const at = position?.kind === 'page' ? position : { page: paging.firstPage, size, seen: 0, digest: '' };
      const seen = at.seen + page.items.length;
      if (isRead(page, seen, paging.totalPath)) return undefined;
      assertOtherRecords(at.digest, page, paging.pageParam);
      return { kind: 'page', page: at.page + 1, size: at.size, seen, digest: page.digest };
    }
    case 'offset': {
      const at = position?.kind === 'offset' ? position : { offset: 0, digest: '' };
      // By what came, not by what was asked for: a server with a lower cap would otherwise skip records.
      const offset = at.offset + page.items.length;
      if (isRead(page, offset, paging.totalPath)) return undefined;
      assertOtherRecords(at.digest, page, paging.offsetParam);
      return { kind: 'offset', offset, digest: page.digest };
    }
    case 'cursor': {
      const at = position?.kind === 'cursor' ? position : undefined;
      const cursor = readCursor(page.body, paging.cursorPath);
      return cursor === undefined
        ? undefined
        : { kind: 'cursor', cursor, trail: advance(at?.cursor, at?.trail, cursor) };
    }
    case 'link-header':
      return findNextUrl(findLink(page.linkHeader, 'next'), position, page, secretParam);
    case 'next-url':
      return findNextUrl(readCursor(page.body, paging.urlPath), position, page, secretParam);
  }
}

/** Tells pages apart by the ids of their records, or by the records where these have none. */
export function digestItems(items: readonly unknown[], idField: string): string {
  return digest(JSON.stringify(items.map((item) => readPath(item, idField) ?? item)));
}

function sizeQuery(sizeParam: string | undefined, size: number): Record<string, number> {
  return sizeParam === undefined ? {} : { [sizeParam]: size };
}

/**
 * Whether `seen` records are all. An empty page ends a read only where the provider does not count on: it may be a failure, or a
 * server that skips what it did not give because of its own, lower page size.
 */
function isRead(page: AnsweredPage, seen: number, totalPath: string | undefined): boolean {
  const isEmpty = page.items.length === 0;
  if (totalPath === undefined) return isEmpty;
  const total = readTotal(page.body, totalPath);
  if (isEmpty && seen < total) {
    throw new AdapterFailure(
      'unexpected-response',
      `A page is empty although the provider counts ${total} records and gave ${seen}.`,
    );
  }
  return seen >= total;
}

function readTotal(body: unknown, totalPath: string): number {
  const value = readPath(body, totalPath);
  const total = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total < 0) {
    throw new AdapterFailure('unexpected-response', `The answer has no number of all records at "${totalPath}".`);
  }
  return total;
}

function assertOtherRecords(earlier: string, page: AnsweredPage, param: string): void {
  if (earlier === page.digest) {
    throw new AdapterFailure(
      'unexpected-response',
      `Paging does not advance: two pages in a row hold the same records. Does the provider know the parameter "${param}"?`,
    );
  }
}

function readCursor(body: unknown, path: string): string | undefined {
  const value = readPath(body, path);
  if (value === undefined || value === null || value === '' || value === false) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new AdapterFailure('unexpected-response', `The next page at "${path}" is neither text nor a whole number.`);
}

function findNextUrl(
  link: string | undefined,
  position: Position | undefined,
  page: AnsweredPage,
  secretParam: string | undefined,
): Position | undefined {
  if (link === undefined) return undefined;
  const asked = new URL(page.url);
  const url = URL.parse(link, page.url);
  if (url === null) throw new AdapterFailure('unexpected-response', 'The link to the next page is not a URL.');
  assertSameOrigin(asked, url, 'The link to the next page');
  if (secretParam !== undefined) removeQueryParameter(url, secretParam);
  const at = position?.kind === 'url' ? position : undefined;
  return { kind: 'url', url: url.href, trail: advance(asked.href, at?.trail, url.href) };
}

function advance(current: string | undefined, trail: Trail | undefined, next: string): Trail {
  const followed = current === next ? undefined : followTrail(trail, next);
  if (followed === undefined) {
    throw new AdapterFailure(
      'unexpected-response',
      'Paging does not advance: the next page is one that was read before.',
    );
  }
  return followed;
}
