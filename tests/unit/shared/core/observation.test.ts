import { describe, expect, it } from 'vitest';
import type { ExternalChange } from '../../../../shared/core/adapter.ts';
import { compileSchema } from '../../../../shared/core/conversion/compile-schema.ts';
import type { LinkDocument } from '../../../../shared/core/documents/link.ts';
import { judgeByLink, linkIdOf, type Observation, readPage } from '../../../../shared/core/observation.ts';

const converter = await compileSchema({
  object: 'people',
  targets: [
    {
      shardTypeId: 'contact',
      fields: [{ to: 'name', from: 'name', transforms: [], required: true }],
      reverse: [],
      partial: false,
    },
  ],
  version: '1',
  validators: new Map(),
});
const read = (...changes: readonly ExternalChange[]) => readPage('int_1', converter, changes, async () => []);
const change = (externalId: string, name: string | undefined, version?: number): ExternalChange => ({
  externalId,
  deleted: false,
  record: name === undefined ? {} : { name },
  ...(version === undefined ? {} : { version }),
});

describe('a page', () => {
  it('with one record twice is one observation: the newer version, else the later', async () => {
    expect(await read(change('a', 'New', 2), change('a', 'Old', 1))).toMatchObject({
      superseded: 1,
      observations: [{ data: { name: 'New' } }],
    });
    expect((await read(change('a', 'Old', 1), change('a', 'New', 2))).observations).toMatchObject([
      { data: { name: 'New' } },
    ]);
    expect((await read(change('a', 'First'), change('a', 'Second'))).observations).toMatchObject([
      { data: { name: 'Second' } },
    ]);
  });

  it('accounts for every record', async () => {
    const page = await read(change('a', 'A'), change('b', undefined), change('a', 'A'), change('x'.repeat(2000), 'X'));
    expect(page.observations.length + page.failures.length + page.superseded).toBe(4);
  });
});

describe('the id of a link', () => {
  it('tells parts apart that look alike when they are joined', () => {
    const ids = [
      linkIdOf('i', 'a', 'b,c', 'd'),
      linkIdOf('i', 'a,b', 'c', 'd'),
      linkIdOf('i', 'a","b', 'c', 'd'),
      linkIdOf('i', 'a', 'b', 'c","d'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^[\w-]{22}$/);
  });
});

describe('what a link says', async () => {
  const [observation] = (await read(change('a', 'A', 5))).observations as [Observation];
  const link: LinkDocument = {
    id: observation.linkId,
    tenantId: 'acme',
    schemaVersion: 1,
    integrationId: 'int_1',
    object: 'people',
    externalId: 'a',
    shardTypeId: 'contact',
    shardId: 'shd_1',
    state: 'settled',
    hash: observation.hash,
    version: 5,
    observed: { fence: 10, page: 3 },
    last: { executionId: 'exe_1', page: 3, outcome: 'created' },
  };
  const later = { executionId: 'exe_2', page: 0, fence: 11 };

  it('is nothing about the answer to a write: the same values may be what the provider made of others', () => {
    const answer: Observation = { ...observation, pushed: { kind: 'update', fields: ['name'], data: { name: ' A' } } };
    expect(judgeByLink(link, answer, later)).toBe('compare-shard');
  });

  const repeated = { executionId: 'exe_1', page: 3, fence: 11 };

  it.each([
    ['unchanged for the same content', link, later, 'unchanged'],
    ['its first outcome for the same page of the same run', link, repeated, 'created'],
    ['nothing while it is pending', { ...link, state: 'pending' as const }, later, 'compare-shard'],
    ['nothing about other content that is newer', { ...link, hash: 'other', version: 4 }, later, 'compare-shard'],
    ['stale for an older version', { ...link, hash: 'other', version: 6 }, later, 'stale'],
    ['its first outcome for an older version in a repeat', { ...link, hash: 'o', version: 6 }, repeated, 'created'],
    ['stale for an earlier look at the same version', { ...link, hash: 'o' }, { ...later, fence: 9 }, 'stale'],
    ['stale for an earlier page', { ...link, hash: 'o' }, { ...later, fence: 10, page: 2 }, 'stale'],
  ])('is %s', (_name, known, sighting, verdict) => {
    expect(judgeByLink(known, observation, sighting)).toBe(verdict);
  });
});
