import type { dryRunMatchRules as route } from '../../contracts/match-rules.ts';
import { decodeCursor, encodeCursor } from '../../core/cursor.ts';
import type { MatchRuleSet } from '../../core/documents/match-rules.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { compileMatchRules, type Matcher } from '../../core/identity/compile-match-rules.ts';
import { type ForeseenGroup, foreseeMerges } from '../../core/identity/foresee-merges.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findMatchRules } from './find-match-rules.ts';

/** More shards than this are not looked at in one call: it must answer within seconds and the memory of a worker. */
const mostShards = 10_000;
const shardsPerRead = 1_000;
const candidatesShown = 20;

/** Which existing shards the rules would merge or put to people; nothing is written. Throws `not-found`, `invalid-request`. */
export async function dryRunMatchRules(
  deps: Pick<Deps, 'matchRules' | 'shards'>,
  scope: Scope,
  { params: { shardTypeId }, query, body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const matcher = compileMatchRules(shardTypeId, await rulesOf(deps, scope, shardTypeId, body));
  const asked = { shardTypeId, rules: matcher.fingerprint };
  const after = query.cursor === undefined ? '' : decodeCursor(query.cursor, 'dry-run', asked);
  const { shards, complete } = await readShards(deps, scope, shardTypeId);
  const { merges, reviews } = foreseeMerges(matcher, shards);
  const rest = merges.filter(({ shardIds }) => (shardIds[0] ?? '') > after);
  const shown = rest.slice(0, query.limit);
  const last = shown.at(-1)?.shardIds[0];
  return {
    body: {
      examined: shards.length,
      complete,
      merging: merges.reduce((sum, { shardIds }) => sum + shardIds.length - 1, 0),
      reviews: reviews.length,
      items: shown.map((group) => describe(matcher, group)),
      candidates: reviews.slice(0, candidatesShown).map((group) => describe(matcher, group)),
      ...(rest.length > shown.length && last !== undefined ? { nextCursor: encodeCursor(last, 'dry-run', asked) } : {}),
    },
  };
}

async function rulesOf(
  deps: Pick<Deps, 'matchRules'>,
  scope: Scope,
  shardTypeId: string,
  body: InputOf<typeof route>['body'],
): Promise<MatchRuleSet> {
  if (body?.rules !== undefined) {
    const { rules, defaultCountry } = body;
    const country = defaultCountry === undefined ? {} : { defaultCountry };
    return { version: 0, rules, ...country, strategy: 'newest', fieldStrategies: {} };
  }
  const { document } = await findMatchRules(deps, scope, shardTypeId);
  return body?.defaultCountry === undefined ? document : { ...document, defaultCountry: body.defaultCountry };
}

async function readShards(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  shardTypeId: string,
): Promise<{ shards: ShardDocument[]; complete: boolean }> {
  const shards: ShardDocument[] = [];
  let afterId: string | undefined;
  while (shards.length < mostShards) {
    const read: Stored<ShardDocument>[] = await deps.shards.list(scope, {
      filters: [
        { field: 'shardTypeId', is: 'equal', value: shardTypeId },
        { field: 'status', is: 'equal', value: 'active' },
      ],
      order: 'ascending',
      limit: shardsPerRead,
      afterId,
    });
    shards.push(...read.map(({ document }) => document));
    afterId = read.at(-1)?.document.id;
    if (read.length < shardsPerRead) return { shards, complete: true };
  }
  return { shards, complete: false };
}

function describe(matcher: Matcher, { shardIds, edges }: ForeseenGroup) {
  return {
    shardIds: [...shardIds],
    reasons: edges.slice(0, shardIds.length).map(({ rule, score }) => ({ rule: matcher.nameOf(rule), score })),
  };
}
