import { AdapterFailure } from '../../shared/core/adapter.ts';
import { findLink } from '../kit/link-header.ts';
import { readPath } from '../kit/read-path.ts';
import { assertSameOrigin, removeQueryParameter } from '../kit/request-url.ts';
import { type AnsweredPage, assertOtherRecords, isRead, type PageRequest } from './answered-page.ts';
import { followTrail, type Position, type Trail } from './position.ts';
import type { PagingSettings } from './settings.ts';

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
 * it, or the total where one is configured; in the other kinds the absence of a next page does. By page and by offset this is for lists
 * that are `stable`; others are read with a check (`read-by-page.ts`, `read-by-offset.ts`).
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

export function sizeQuery(sizeParam: string | undefined, size: number): Record<string, number> {
  return sizeParam === undefined ? {} : { [sizeParam]: size };
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
