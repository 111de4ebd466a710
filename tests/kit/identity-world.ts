import type { Counts } from '../../shared/core/counts.ts';
import { type MatchRuleSet, matchRulesId } from '../../shared/core/documents/match-rules.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import type { TaskDocument } from '../../shared/core/documents/task.ts';
import { compileMatchRules, type Matcher } from '../../shared/core/identity/compile-match-rules.ts';
import { Groups } from '../../shared/core/identity/group.ts';
import type { JsonObject } from '../../shared/core/json.ts';
import type { MergeInput } from '../../shared/core/merge-source.ts';
import { readPage, type Sighting } from '../../shared/core/observation.ts';
import { type Scope, systemScope } from '../../shared/core/scope.ts';
import { applyPage } from '../../shared/use-cases/apply-page/apply-page.ts';
import type { Stores } from '../../shared/use-cases/apply-page/item.ts';
import { resumeMerge } from '../../shared/use-cases/merge-shards/resume-merge.ts';
import { compileTargets } from './convert-with.ts';
import { findIdentityFaults } from './identity-faults.ts';
import { createMemoryDeps, type MemoryDeps } from './memory-ports.ts';
import { traceparent } from './sync-harness.ts';

/** A record at a provider, as a page shows it. */
export interface PersonRecord {
  readonly id: string;
  readonly integration?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly city?: string;
  readonly modifiedAt?: string;
  readonly version?: number;
  readonly deleted?: boolean;
}

/** One e-mail or one phone is one person; in a city, so is one name, and two alike may be. */
export const plainRules: MatchRuleSet = {
  version: 1,
  rules: [
    { kind: 'exact', name: 'E-mail', key: [{ fields: ['email'], as: 'email', part: 'whole' }] },
    { kind: 'exact', name: 'Phone', key: [{ fields: ['phone'], as: 'phone', part: 'whole' }] },
    {
      kind: 'fuzzy',
      name: 'Name in a city',
      key: [{ fields: ['city'], as: 'text', part: 'whole' }],
      compare: [{ fields: ['name'], as: 'person-name', weight: 1 }],
      mergeAt: 0.95,
      reviewAt: 0.8,
    },
  ],
  strategy: 'newest',
  fieldStrategies: {},
};

export const personMapping: Extract<TaskDocument['objects'][number], { fields: unknown }> = {
  object: 'people',
  shardTypeId: 'contact',
  fields: ['name', 'email', 'phone', 'city'].map((field) => ({
    from: field,
    to: field,
    transforms: [],
    required: false,
  })),
};

const personConverter = compileTargets([{ shardTypeId: personMapping.shardTypeId, fields: personMapping.fields }]);

/** Applies one page of people as a sync would, all of its records of one integration. */
export async function applyPeople(
  deps: Stores,
  matcher: Matcher,
  records: readonly PersonRecord[],
  sighting: Sighting,
  expectNew: boolean,
): Promise<Counts> {
  const integrationId = records[0]?.integration ?? 'int_a';
  const { shardTypeId } = personMapping;
  const converter = await personConverter;
  const changes = records.map(({ id, integration: _integration, modifiedAt, version, deleted, ...fields }) => ({
    externalId: id,
    deleted: deleted === true,
    record: fields as JsonObject,
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(version === undefined ? {} : { version }),
  }));
  const matchers = new Map([[shardTypeId, matcher]]);
  const reading = await readPage(integrationId, converter, changes, async () => [], matchers);
  const at = deps.now().toISOString();
  const input: MergeInput = {
    tenantId: 'acme',
    integrationId,
    sighting,
    now: at,
    cause: { kind: 'run', id: sighting.executionId, actorId: 'test', at },
    matcher,
  };
  const scope = systemScope('acme', 'test', traceparent);
  const counts = await applyPage(deps, scope, input, reading.observations, expectNew, async () => true);
  if (counts === undefined) throw new Error('nobody took the page over');
  return counts;
}

/** Each look at a page is later than those before, also in another world over the same stores. */
let looks = 1000;

export function nextLook(): Sighting {
  looks += 1;
  return { executionId: `exe_${looks}`, page: 0, fence: looks };
}

/** Pages applied on memory ports, by any number of workers. */
export class IdentityWorld {
  readonly deps: MemoryDeps;
  readonly scope: Scope = systemScope('acme', 'test', traceparent);
  readonly matcher: Matcher;

  constructor(rules: MatchRuleSet = plainRules, deps: MemoryDeps = createMemoryDeps()) {
    this.deps = deps;
    this.matcher = compileMatchRules('contact', rules);
    const at = this.deps.now().toISOString();
    this.deps.matchRules.put(this.scope, {
      kind: 'upsert',
      document: {
        ...rules,
        id: matchRulesId('contact'),
        tenantId: 'acme',
        kind: 'match-rules',
        schemaVersion: 1,
        shardTypeId: 'contact',
        createdAt: at,
        updatedAt: at,
      },
    });
  }

  /** Applies one page as a new worker would, all of its records of one integration. */
  async apply(records: readonly PersonRecord[], expectNew = false): Promise<Counts> {
    return this.applyAt(records, nextLook(), expectNew);
  }

  async applyAt(records: readonly PersonRecord[], sighting: Sighting, expectNew = false): Promise<Counts> {
    return applyPeople(this.deps, this.matcher, records, sighting, expectNew);
  }

  /** Goes on with what the clock would go on with. */
  async tick(): Promise<void> {
    for (const { document } of this.deps.due.all()) {
      if (document.kind === 'merge') await resumeMerge(this.deps, this.scope, document.mergeId);
    }
  }

  shards(): ShardDocument[] {
    return this.deps.shards.all().filter((shard) => shard.status !== 'merged');
  }

  /** The groups of external ids that are one shard, sorted. */
  groups(): string[][] {
    return this.shards()
      .map((shard) => Object.values(shard.sources).map(nameOf).sort())
      .filter((names) => names.length > 0)
      .sort(byFirst);
  }

  /** What the groups should be: records that match, directly or by others. */
  expectedGroups(records: readonly PersonRecord[]): string[][] {
    return expectedGroups(this.matcher, records);
  }

  /** Everything that must hold once nobody works any more; in words, empty when all is well. */
  faults(): string[] {
    return findIdentityFaults(this.matcher, {
      links: this.deps.links.all(),
      shards: this.deps.shards.all(),
      keys: this.deps.keys.all(),
      merges: this.deps.merges.all(),
    });
  }
}

function nameOf({ integrationId, externalId }: { integrationId: string; externalId: string }): string {
  return `${integrationId}/${externalId}`;
}

function byFirst(left: readonly string[], right: readonly string[]): number {
  return (left[0] ?? '') < (right[0] ?? '') ? -1 : 1;
}

export function expectedGroups(matcher: Matcher, records: readonly PersonRecord[]): string[][] {
  const live = records.filter((record) => record.deleted !== true);
  const claims = live.map(({ id, integration = 'int_a', ...fields }) => ({
    name: nameOf({ integrationId: integration, externalId: id }),
    claims: matcher.claimsOf(fields as JsonObject),
  }));
  const groups = new Groups();
  for (const [index, one] of claims.entries()) {
    for (const other of claims.slice(index + 1)) {
      const match = one.claims.some((claim) =>
        other.claims.some(
          (theirs) =>
            theirs.key === claim.key && matcher.judge(claim.rule, claim.form, theirs.form).verdict === 'merge',
        ),
      );
      if (match) groups.join(one.name, other.name);
    }
  }
  const joined = groups.all();
  const alone = claims.filter(({ name }) => !joined.some((group) => group.includes(name))).map(({ name }) => [name]);
  return [...joined, ...alone].sort(byFirst);
}
