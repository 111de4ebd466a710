import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventTypes } from '../../../../../shared/contracts/event-schemas.ts';
import { eventFilter, eventPattern } from '../../../../../shared/contracts/subscriptions.ts';
import { fitsPattern, isWanted, orderKeyOf } from '../../../../../shared/core/outgoing/match-event.ts';

const at = '2030-01-01T00:00:00.000Z';
const mine = 'int_00000000000000000000000000';
const event = (changes: object = {}) =>
  ({ type: 'sync.completed', at, subject: 'exe_1', data: { integrationId: mine }, ...changes }) as const;
const subscription = (events: readonly object[], changes: object = {}) => ({
  enabled: true,
  activeSince: at,
  events: events.map((filter) => eventFilter.parse(filter)),
  ...changes,
});

describe('a pattern', () => {
  test('fits its type, its family or everything, and nothing else', () => {
    const types = fc.constantFrom(...eventTypes);
    fc.assert(
      fc.property(fc.constantFrom(...eventPattern.options), types, (pattern, type) => {
        const family = type.split('.')[0];
        expect(fitsPattern(pattern, type)).toBe(['*', type, `${family}.*`].includes(pattern));
      }),
    );
  });

  test('of no known type or family is refused', () => {
    for (const type of ['sync', 'sync.', 'syn*', '**', 'no.such', 'no.*', '']) {
      expect(eventFilter.safeParse({ type }).success).toBe(false);
    }
  });
});

describe('a subscription wants', () => {
  test('what one of its filters fits', () => {
    expect(isWanted(subscription([{ type: 'shard.*' }, { type: 'sync.completed' }]), event())).toBe(true);
    expect(isWanted(subscription([{ type: 'shard.*' }, { type: 'sync.failed' }]), event())).toBe(false);
  });

  test('only what is about the integration that it names', () => {
    const other = 'int_11111111111111111111111111';
    const filter = subscription([{ type: '*', integrationId: mine }]);
    expect(isWanted(filter, event())).toBe(true);
    expect(isWanted(filter, event({ data: { integrationId: other } }))).toBe(false);
    expect(isWanted(filter, event({ data: { integrationIds: [other, mine] } }))).toBe(true);
    expect(isWanted(filter, event({ data: { integrationIds: [other] } }))).toBe(false);
    expect(isWanted(filter, event({ data: {} }))).toBe(false);
  });

  test('nothing while it is disabled, and nothing from before it was enabled', () => {
    expect(isWanted(subscription([{ type: '*' }], { enabled: false }), event())).toBe(false);
    const later = { activeSince: '2030-01-01T00:00:00.001Z' };
    expect(isWanted(subscription([{ type: '*' }], later), event())).toBe(false);
  });
});

test('an order key is the value at the path; where there is none, nothing waits', () => {
  const told = event({ data: { project: { id: 7 }, name: 'x', nothing: null, list: ['a'] } });
  expect(orderKeyOf('subject', told)).toBe('exe_1');
  expect(orderKeyOf('type', told)).toBe('sync.completed');
  expect(orderKeyOf('data.project.id', told)).toBe('7');
  expect(orderKeyOf('data.list', told)).toBe('["a"]');
  for (const path of [
    undefined,
    'data.nothing',
    'data.absent',
    'data.name.length',
    'data.list.0',
    'data.constructor',
  ]) {
    expect(orderKeyOf(path, told)).toBeUndefined();
  }
});
