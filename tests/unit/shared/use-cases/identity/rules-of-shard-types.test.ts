import { describe, expect, it } from 'vitest';
import { systemScope } from '../../../../../shared/core/scope.ts';
import { createShardType } from '../../../../../shared/use-cases/create-shard-type.ts';
import { deleteShardType } from '../../../../../shared/use-cases/delete-shard-type.ts';
import { createMatchRules } from '../../../../../shared/use-cases/match-rules/create-match-rules.ts';
import { deleteMatchRules } from '../../../../../shared/use-cases/match-rules/delete-match-rules.ts';
import { plainRules } from '../../../../kit/identity-world.ts';
import { createMemoryDeps } from '../../../../kit/memory-ports.ts';
import { traceparent } from '../../../../kit/sync-harness.ts';

const scope = systemScope('acme', 'test', traceparent);

function begin() {
  const deps = createMemoryDeps();
  const common = () => ({ ifMatch: undefined, attempt: { at: deps.now(), repeated: false } });
  const { version: _version, ...rules } = plainRules;
  const params = { shardTypeId: 'member' };
  return {
    createType: () =>
      createShardType(deps, scope, {
        ...common(),
        params: undefined,
        query: undefined,
        body: { id: 'member', name: 'Member', schema: { type: 'object' } },
      }),
    deleteType: () => deleteShardType(deps, scope, { ...common(), params, query: undefined, body: undefined }),
    createRules: (shardTypeId: string) =>
      createMatchRules(deps, scope, {
        ...common(),
        params: undefined,
        query: undefined,
        body: { ...rules, shardTypeId },
      }),
    deleteRules: () => deleteMatchRules(deps, scope, { ...common(), params, query: undefined, body: undefined }),
  };
}

describe('match rules', () => {
  it('are of a shard type that there is', async () => {
    const { createRules, createType } = begin();
    await createRules('contact');
    await expect(createRules('member')).rejects.toMatchObject({
      code: 'invalid-request',
      errors: [{ in: 'body', field: '/shardTypeId', message: 'is not a shard type' }],
    });
    await createType();
    await createRules('member');
  });

  it('keep their shard type: another one of its name would have them', async () => {
    const { createRules, createType, deleteRules, deleteType } = begin();
    await createType();
    await createRules('member');
    await expect(deleteType()).rejects.toMatchObject({ code: 'in-use', detail: 'It is used by match rules.' });
    await deleteRules();
    await deleteType();
    await expect(createRules('member')).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
