import { describe, expect, it } from 'vitest';
import { writePath } from '../../../../../shared/core/field-path.ts';
import { strategyOf } from '../../../../../shared/core/identity/survivorship.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import { policyOf } from '../../../../../shared/core/two-way/decide-field.ts';
import { patchOf } from '../../../../../shared/core/two-way/plan-push.ts';
import { agreedValue, movedFields } from '../../../../../shared/core/two-way/push-routes.ts';
import { type Look, routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

/** Every object inherits these. */
const names = ['valueOf', 'toString', 'hasOwnProperty', 'constructor'];

describe.each(names)('a field that is called %s', (name) => {
  it('has the policy and the strategy of all fields', () => {
    expect(policyOf({ policy: 'manual', fields: {} }, [name])).toBe('manual');
    expect(strategyOf({ strategy: 'most_complete', fieldStrategies: {} })([name])).toBe('most_complete');
  });

  it('is neither agreed on nor held because other fields are', () => {
    const look: Look = { record: { name: 'Ada', phone: '1' }, second: 0 };
    const shard = new TwoWayShard([routeTo('a')]).see(look);
    const source = {
      ...shard.source(),
      externalBase: { [name]: 'theirs' },
      internalBase: { phone: { value: '1' } },
      held: { conflictId: 'c', since: '', fields: { phone: {} } },
    };
    expect(agreedValue(source, [name])).toBe('theirs');
    expect(movedFields({ ...shard.get(), data: { [name]: 'ours' } }, source, [[name]])).toEqual([name]);
  });

  it('is emptied at the provider, and not when it was empty', () => {
    expect(JSON.stringify(patchOf({ [name]: 'x' }, {}))).toBe(`{"${name}":null}`);
    expect(JSON.stringify(patchOf({ a: { [name]: 'x' } }, { a: {} }))).toBe(`{"a":{"${name}":null}}`);
    expect(JSON.stringify(patchOf({}, { [name]: 'x' }))).toBe(`{"${name}":"x"}`);
  });
});

describe('a field that is called __proto__', () => {
  const own = (text: string): JsonObject => JSON.parse(text) as JsonObject;

  it('is written and emptied at the provider like any other', () => {
    expect(JSON.stringify(patchOf({}, own('{"__proto__":{"a":1}}')))).toBe('{"__proto__":{"a":1}}');
    expect(JSON.stringify(patchOf(own('{"__proto__":{"a":1}}'), {}))).toBe('{"__proto__":{"a":null}}');
  });

  it('is set as a field, and changes nothing else', () => {
    const target: JsonObject = {};
    writePath(target, ['__proto__', 'polluted'], true);
    expect(JSON.stringify(target)).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
