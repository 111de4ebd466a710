import type { Answer, LookupQuestion } from '../core/conversion/deferral.ts';
import { readPath } from '../core/field-path.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** Values in one query. */
const valuesPerQuery = 100;

/** Shards in one answer. */
const shardsPerPage = 1000;

/** Who has more shards than this with the same values has no key. */
const mostPages = 5;

type Key = LookupQuestion['key'];

/** The active shard that has a value in a field; a query for every hundred values. A value that several shards have is no key. */
export async function findShardsByField(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  questions: readonly LookupQuestion[],
): Promise<Answer[]> {
  const found = new Map<string, Map<Key, string[]>>();
  for (const [name, group] of Map.groupBy(questions, nameOf)) {
    const [first] = group;
    if (first === undefined) continue;
    const values = [...new Set(group.map((question) => question.key))];
    const byValue = new Map<Key, string[]>();
    for (let start = 0; start < values.length; start += valuesPerQuery) {
      await collect(deps, scope, first, values.slice(start, start + valuesPerQuery), byValue);
    }
    found.set(name, byValue);
  }
  return questions.map((question) => {
    const ids = found.get(nameOf(question))?.get(question.key) ?? [];
    if (ids.length > 1) return { ok: false, message: `finds more than one ${question.shardTypeId}` };
    return { ok: true, value: ids[0] };
  });
}

function nameOf({ shardTypeId, field }: LookupQuestion): string {
  return `${shardTypeId} ${field}`;
}

async function collect(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  { shardTypeId, field = '' }: LookupQuestion,
  values: readonly Key[],
  byValue: Map<Key, string[]>,
): Promise<void> {
  let afterId: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const shards = await deps.shards.list(scope, {
      filters: [
        { field: 'shardTypeId', is: 'equal', value: shardTypeId },
        { field: 'status', is: 'equal', value: 'active' },
        { field: `data.${field}`, is: 'one-of', values },
      ],
      order: 'ascending',
      limit: shardsPerPage,
      afterId,
    });
    for (const { document } of shards) {
      const value = readPath(document.data, field.split('.')) as Key;
      byValue.set(value, [...(byValue.get(value) ?? []), document.id]);
    }
    afterId = shards.at(-1)?.document.id;
    if (shards.length < shardsPerPage) return;
  }
}
