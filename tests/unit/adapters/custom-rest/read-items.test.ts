import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ask, digestItems } from '../../../../adapters/custom-rest/answered-page.ts';
import { decodePosition, encodePosition, type Position } from '../../../../adapters/custom-rest/position.ts';
import { readItems } from '../../../../adapters/custom-rest/read-items.ts';
import {
  type CustomRestSettings,
  customRestSettings,
  type ObjectSettings,
} from '../../../../adapters/custom-rest/settings.ts';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import { type Change, type Item, ShiftingList } from './shifting-list.ts';

interface Given {
  readonly paging: 'page' | 'offset';
  readonly hasTotal: boolean;
  readonly hasModified: boolean;
  readonly length: number;
  readonly size: number;
  readonly maxSize: number;
  readonly cap: number;
  /** One list of changes a request. After the last of them the list is at rest. */
  readonly changes: readonly (readonly Change[])[];
}

const place = fc.double({ min: 0, max: 1, noNaN: true });
const change = fc.record({ kind: fc.constantFrom('remove', 'modify', 'append', 'insert'), place });
const given = fc.record<Given>({
  paging: fc.constantFrom('page', 'offset'),
  hasTotal: fc.boolean(),
  hasModified: fc.boolean(),
  length: fc.nat(60),
  size: fc.integer({ min: 1, max: 12 }),
  maxSize: fc.integer({ min: 1, max: 14 }),
  cap: fc.integer({ min: 1, max: 14 }),
  changes: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 4, arbitrary: fc.array(change, { maxLength: 4 }) },
      { weight: 1, arbitrary: fc.array(change, { maxLength: 40 }) },
    ),
    { maxLength: 40 },
  ),
});

function describeObject({ paging, hasTotal, hasModified, maxSize }: Given, stable: boolean): ObjectSettings {
  const shared = { stable, ...(hasTotal ? { totalPath: 'total' } : {}) };
  const settings: CustomRestSettings = customRestSettings.parse({
    baseUrl: 'http://list.invalid',
    auth: { kind: 'none' },
    testPath: '/me',
    objects: {
      items: {
        path: '/items',
        idField: 'id',
        ...(hasModified ? { modifiedField: 'at' } : {}),
        maxPageSize: maxSize,
        paging:
          paging === 'page'
            ? { kind: 'page', pageParam: 'page', sizeParam: 'limit', ...shared }
            : { kind: 'offset', offsetParam: 'offset', limitParam: 'limit', ...shared },
      },
    },
  });
  const object = settings.objects['items'];
  if (object === undefined) throw new Error('the settings lost their object');
  return object;
}

/** Reads as the engine does: an expired cursor starts the read over, and another failure asks again for the same page. */
async function readAll(input: Given, list: ShiftingList, stable = false) {
  const object = describeObject(input, stable);
  const size = Math.min(input.size, input.maxSize);
  const changes = [...input.changes];
  let isBetweenPages = true;
  const ask = list.ask(input.cap, () => {
    for (const each of changes.shift() ?? []) {
      // By page one answer cannot show that two pages are neighbours, so that only changes that all go one way are seen through.
      if (each.kind !== 'insert' || isBetweenPages) list.change(each);
    }
    isBetweenPages = false;
  });
  let seen = new Map<number, number>();
  let cursor: string | undefined;
  for (let pulls = 0; pulls < 2000; pulls += 1) {
    const position: Position | undefined = cursor === undefined ? undefined : decodePosition(object.paging, cursor);
    isBetweenPages = true;
    const clockBefore = list.clock;
    try {
      const { items, next } = await readItems(object, position, { ask, size, secretParam: undefined });
      for (const { id, at } of items as Item[]) seen.set(id, Math.max(at, seen.get(id) ?? 0));
      if (next === undefined) return { seen, clockBefore };
      const following = encodePosition(next);
      expect(following).not.toBe(cursor);
      cursor = following;
    } catch (error) {
      if (!(error instanceof AdapterFailure)) throw error;
      if (error.kind === 'cursor-expired') {
        seen = new Map();
        cursor = undefined;
      } else expect(error.kind).toBe('unexpected-response');
    }
  }
  throw new Error('the read does not end');
}

test('whatever goes, moves to the end or comes in between requests, no record is missed', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (input) => {
      const list = new ShiftingList(input.length);
      const { seen, clockBefore } = await readAll(input, list);
      const missed = list.items.filter(
        ({ id, at }) =>
          !list.inserted.has(id) && (id < input.length ? !seen.has(id) : at <= clockBefore && !seen.has(id)),
      );
      expect(missed).toEqual([]);
      const stale = list.items.filter(
        ({ id, at }) => !list.inserted.has(id) && at <= clockBefore && (seen.get(id) ?? -1) < at,
      );
      expect(stale).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test('a list at rest is read without repeats, in a request or two a page', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (input) => {
      const list = new ShiftingList(input.length);
      const object = describeObject(input, false);
      const given: number[] = [];
      let position: Position | undefined;
      do {
        const size = Math.min(input.size, input.maxSize);
        const read = await readItems(object, position, {
          ask: list.ask(input.cap, () => {}),
          size,
          secretParam: undefined,
        });
        given.push(...(read.items as Item[]).map(({ id }) => id));
        position = read.next;
      } while (position !== undefined);
      expect(given).toEqual(list.items.map(({ id }) => id));
    }),
  );
});

test.each(['page', 'offset'] as const)(
  'by %s a stable list is not checked: a removal hides a record',
  async (paging) => {
    const input: Given = {
      paging,
      hasTotal: false,
      hasModified: true,
      length: 10,
      size: 3,
      maxSize: 10,
      cap: 10,
      changes: [[], [{ kind: 'remove', place: 0 }]],
    };
    const unchecked = await readAll(input, new ShiftingList(10), true);
    expect(unchecked.seen.has(3)).toBe(false);
    const checked = await readAll(input, new ShiftingList(10));
    expect([...checked.seen.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  },
);

/** Answers by offset or page with what `show` gives at that moment. */
const askShown =
  (show: () => readonly unknown[]): Ask =>
  async (request) => {
    if ('url' in request) throw new Error('the list has no links');
    const { limit, offset, page } = request.query;
    const start = page === undefined ? Number(offset) : (Number(page) - 1) * Number(limit);
    const items = show().slice(start, start + Number(limit));
    return { url: 'http://list.invalid/', body: {}, linkHeader: undefined, items, digest: digestItems(items, 'id') };
  };

const calm = { hasTotal: false, length: 0, maxSize: 10, cap: 10, changes: [] };

test.each(['page', 'offset'] as const)(
  'by %s records without an id are given once, and the nearest with one is kept',
  async (paging) => {
    const shown = [{ id: 1 }, 'a', { id: 2 }, {}, null, { id: 5 }, 'b', 'c', 'd', 'e', 'f', 'g', { id: 7 }];
    const object = describeObject({ ...calm, paging, hasModified: false, size: 3 }, false);
    const ask = askShown(() => shown);
    const given: unknown[] = [];
    let position: Position | undefined;
    do {
      const read = await readItems(object, position, { ask, size: 3, secretParam: undefined });
      given.push(...read.items);
      position = read.next;
    } while (position !== undefined);
    expect(given).toEqual(shown);
  },
);

test.each(['page', 'offset'] as const)(
  'by %s records that look different each time are told as an expired cursor',
  async (paging) => {
    let looks = 0;
    const ask = askShown(() => {
      looks += 1;
      return Array.from({ length: 50 }, (_, id) => ({ id, looks }));
    });
    const object = describeObject({ ...calm, paging, hasModified: false, size: 3 }, false);
    const read = async () => {
      let position: Position | undefined;
      do position = (await readItems(object, position, { ask, size: 3, secretParam: undefined })).next;
      while (position !== undefined);
    };
    await expect(read()).rejects.toMatchObject({
      kind: 'cursor-expired',
      message: expect.stringContaining('differently'),
    });
    expect(looks).toBeLessThan(100);
  },
);

test('a record that moves to the end between the two requests of the last page is still read', async () => {
  const changes: Change[][] = [[], [{ kind: 'modify', place: 0 }], [{ kind: 'modify', place: 0.5 }]];
  const input: Given = { ...calm, paging: 'page', hasTotal: true, hasModified: true, length: 5, size: 3, changes };
  const { seen } = await readAll(input, new ShiftingList(5));
  expect(seen.has(3)).toBe(true);
});
