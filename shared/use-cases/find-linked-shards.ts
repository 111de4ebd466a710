import type { Answer, LookupQuestion } from '../core/conversion/deferral.ts';
import type { LinkDocument } from '../core/documents/link.ts';
import { isTooLongId, linkIdOf } from '../core/observation.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import type { Suppressions } from '../core/suppressions.ts';

type Needs = Pick<Deps, 'links' | 'newId'>;

/**
 * The shards of external records, by their links: point reads at any number of records. Where a question reserves, a record that has not been read
 * yet gets its link now, `pending`, with the id that its shard will have: so a reference is the same whichever of the two records comes first.
 *
 * @param reserving whom nothing may be reserved for; absent: nothing is reserved
 */
export async function findLinkedShards(
  deps: Needs,
  scope: Scope,
  integrationId: string,
  questions: readonly LookupQuestion[],
  reserving: Suppressions | undefined,
): Promise<Answer[]> {
  const wanted = new Map<string, LinkDocument>();
  const reserved = new Set<string>();
  const ids = questions.map((question) => {
    const externalId = String(question.key);
    const object = question.object ?? '';
    if (isTooLongId(externalId)) return undefined;
    const id = linkIdOf(integrationId, object, externalId, question.shardTypeId);
    if (question.reserves) reserved.add(id);
    if (!wanted.has(id)) {
      wanted.set(id, {
        id,
        tenantId: scope.tenantId,
        schemaVersion: 1,
        integrationId,
        object,
        externalId,
        shardTypeId: question.shardTypeId,
        shardId: '',
        state: 'pending',
        observed: { fence: 0, page: 0 },
      });
    }
    return id;
  });
  const shardIds = await readShardIds(deps, scope, [...wanted.keys()]);
  if (reserving !== undefined) {
    const links = [...reserved].flatMap((id) => {
      const link = wanted.get(id);
      return link === undefined || shardIds.has(id) || reserving.has(link) ? [] : [link];
    });
    const missing = links.map(({ id }) => id);
    const proposals = links.map((link) => ({ ...link, shardId: deps.newId('shard') }));
    await deps.links.writeMany(
      scope,
      proposals.map((document) => ({ kind: 'create', document })),
    );
    // Who loses the creation goes on with the winner's.
    for (const [id, shardId] of await readShardIds(deps, scope, missing)) shardIds.set(id, shardId);
  }
  return ids.map((id) =>
    id === undefined ? { ok: false, message: 'is too long a key' } : { ok: true, value: shardIds.get(id) },
  );
}

async function readShardIds(deps: Needs, scope: Scope, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const links = await deps.links.getMany(
    scope,
    ids.map((id) => ({ id })),
  );
  return new Map(links.flatMap((link) => (link === undefined ? [] : [[link.document.id, link.document.shardId]])));
}
