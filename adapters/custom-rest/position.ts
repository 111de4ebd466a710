import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AdapterFailure } from '../../shared/core/adapter.ts';
import type { PagingSettings } from './settings.ts';

const count = z.int().min(0);

/** Detects a ring of steps (Brent): `mark` is an earlier step, moved forward after `limit` steps, `limit` doubling each time. */
const trail = z.strictObject({ mark: z.string(), steps: count, limit: z.int().min(1) });

/** Steps back in a row: how many, and the farthest place that the read had come to. */
const retreat = z.strictObject({ steps: z.int().min(1), until: count });

/** What was given last, by which a read that is checked finds its place again; see `anchors.ts`. `lost`: that place is being looked for. */
const anchored = {
  behind: count,
  marks: z.array(z.string()),
  lost: z.boolean(),
  digest: z.string(),
  retreat: retreat.optional(),
};

const position = z.discriminatedUnion('kind', [
  /** `seen` records came before this page; `size` is what earlier pages asked for, since another size would shift them. */
  z.strictObject({ kind: z.literal('page'), page: count, size: z.int().min(1), seen: count, digest: z.string() }),
  z.strictObject({ kind: z.literal('offset'), offset: count, digest: z.string() }),
  /** `lengths` are those of the pages before, the nearest last, as far as the read could step back; they are part of `seen`. */
  z.strictObject({
    kind: z.literal('checked-page'),
    page: count,
    size: z.int().min(1),
    seen: count,
    lengths: z.array(count),
    ...anchored,
  }),
  /** `step` is the longest answer so far. */
  z.strictObject({ kind: z.literal('checked-offset'), offset: count, step: z.int().min(1), ...anchored }),
  z.strictObject({ kind: z.literal('cursor'), cursor: z.string().min(1), trail }),
  z.strictObject({ kind: z.literal('url'), url: z.string().min(1), trail }),
]);

/** Where a page begins. Travels as the contract's opaque cursor. */
export type Position = z.infer<typeof position>;
export type Trail = z.infer<typeof trail>;
export type Retreat = z.infer<typeof retreat>;

function findPositionKind(paging: PagingSettings): Position['kind'] | undefined {
  switch (paging.kind) {
    case 'none':
      return undefined;
    case 'page':
    case 'offset':
      return paging.stable ? paging.kind : `checked-${paging.kind}`;
    case 'cursor':
      return 'cursor';
    case 'link-header':
    case 'next-url':
      return 'url';
  }
}

export function encodePosition(value: Position): string {
  return JSON.stringify(value);
}

/**
 * Reads a cursor that `encodePosition` wrote. Throws `cursor-expired` when it is damaged or belongs to another way of paging (the
 * settings were changed meanwhile): the read has to start over.
 */
export function decodePosition(paging: PagingSettings, cursor: string): Position {
  const decoded = position.safeParse(parse(cursor));
  if (!decoded.success) throw new AdapterFailure('cursor-expired', 'The cursor of this read is damaged.');
  const expected = findPositionKind(paging);
  if (decoded.data.kind !== expected) {
    throw new AdapterFailure(
      'cursor-expired',
      `The cursor of this read was made for paging by ${decoded.data.kind}, but the object is now paged by ${expected ?? paging.kind}.`,
    );
  }
  return decoded.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Adds a step to the trail. Gives undefined when the steps run in a ring. */
export function followTrail(earlier: Trail | undefined, step: string): Trail | undefined {
  const mark = digest(step);
  if (earlier === undefined) return { mark, steps: 0, limit: 1 };
  if (earlier.mark === mark) return undefined;
  const steps = earlier.steps + 1;
  return steps < earlier.limit ? { ...earlier, steps } : { mark, steps: 0, limit: earlier.limit * 2 };
}

/** A short fingerprint, to notice what was there before. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
