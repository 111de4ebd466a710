import type { ConflictPolicy } from '../../shared/contracts/conflict-policy.ts';
import { canonicalText, shortHash } from '../../shared/core/canonical.ts';
import { changeShard } from '../../shared/core/change-shard.ts';
import type { LinkDocument } from '../../shared/core/documents/link.ts';
import type { MatchRuleSet } from '../../shared/core/documents/match-rules.ts';
import { type ShardDocument, type ShardSource, shardDocument } from '../../shared/core/documents/shard.ts';
import { readPath, writePath } from '../../shared/core/field-path.ts';
import { compileMatchRules } from '../../shared/core/identity/compile-match-rules.ts';
import { setPath } from '../../shared/core/identity/survivorship.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import type { MergeInput } from '../../shared/core/merge-source.ts';
import { linkIdOf, type Observation, type Pushed } from '../../shared/core/observation.ts';
import { planShard, type ShardPlan } from '../../shared/core/plan-shard.ts';
import { markPushes, type PushNeed, type PushRoute, pushNeeds } from '../../shared/core/two-way/push-routes.ts';

/** What the people of a test have. */
export const personPaths = ['name', 'email', 'phone', 'tags', 'address.city'].map((path) => path.split('.'));

export const epochMs = Date.parse('2030-01-01T00:00:00.000Z');

/** ISO 8601, so many seconds after the beginning. */
export function at(seconds: number): string {
  return new Date(epochMs + seconds * 1000).toISOString();
}

export interface RouteChoice {
  readonly policy?: ConflictPolicy;
  readonly fields?: Readonly<Record<string, ConflictPolicy>>;
  readonly paths?: PushRoute['paths'];
  readonly creates?: boolean;
  readonly updates?: boolean;
  readonly deletes?: boolean;
}

export function routeTo(integrationId: string, choice: RouteChoice = {}): PushRoute {
  return {
    taskId: `task_${integrationId}`,
    integrationId,
    object: 'people',
    shardTypeId: 'contact',
    paths: choice.paths ?? personPaths,
    updates: choice.updates ?? true,
    creates: choice.creates ?? true,
    mirrors: true,
    deletes: choice.deletes ?? true,
    conflicts: {
      policy: choice.policy ?? 'manual',
      fields: { ...choice.fields },
      remindAfterMinutes: 1440,
      onDeadline: 'internal_wins',
    },
  };
}

/** One look at a record of a provider, or an answer of it. */
export interface Look {
  readonly integration?: string;
  readonly externalId?: string;
  /** What it shows; nothing for a record that is gone. */
  readonly record?: JsonObject;
  /** Seconds after the beginning; also the order of looks. */
  readonly second: number;
  /** When the look began, where that was earlier. */
  readonly beganAt?: number;
  /** False: neither version nor time of modification. */
  readonly versioned?: boolean;
  /** Seconds; when the provider changed it, where that was earlier. */
  readonly modifiedAt?: number;
  readonly pushed?: Pushed;
  readonly page?: number;
  /** The task keeps shards whose records are gone. */
  readonly archives?: boolean;
}

/** One shard, what feeds it and where it is pushed to; looks and edits come one after the other. */
export class TwoWayShard {
  shard: ShardDocument | undefined;
  last: ShardPlan | undefined;
  readonly routes: readonly PushRoute[];
  readonly #rules: MatchRuleSet | undefined;

  constructor(routes: readonly PushRoute[], shard?: ShardDocument, rules?: MatchRuleSet) {
    this.routes = routes;
    this.shard = shard;
    this.#rules = rules;
  }

  copy(): TwoWayShard {
    return new TwoWayShard(this.routes, this.shard, this.#rules);
  }

  see(look: Look): this {
    const observation = observationOf(look);
    const plan = planShard(this.inputOf(look), linkOf(look), observation, this.shard);
    this.last = plan;
    if (plan.kind === 'write') this.shard = shardDocument.parse(JSON.parse(JSON.stringify(plan.document)));
    return this;
  }

  inputOf({ integration = 'a', second, beganAt, page = 0, archives = false }: Look): MergeInput {
    const now = at(second);
    return {
      tenantId: 'acme',
      integrationId: integration,
      sighting: { executionId: `exe_${second}`, page, fence: epochMs + second * 1000 },
      now,
      archives,
      cause: { kind: 'run', id: `exe_${second}`, actorId: 'test', at: now },
      matcher: this.#rules === undefined ? undefined : compileMatchRules('contact', this.#rules),
      twoWay: { routes: this.routes, lookedAtMs: epochMs + (beganAt ?? second) * 1000 },
    };
  }

  /** Somebody edits the shard. */
  edit(second: number, changes: Readonly<Record<string, Json | undefined>>): this {
    const shard = this.get();
    const data = structuredClone(shard.data) as JsonObject;
    const edits = { ...shard.edits };
    for (const [key, value] of Object.entries(changes)) {
      setPath(data, key.split('.'), value);
      edits[key] = { at: at(second), by: 'ada' };
    }
    const cause = { kind: 'run' as const, id: 'exe_edit', actorId: 'ada', at: at(second) };
    this.shard = markPushes({ ...changeShard(shard, { data }, cause, []), edits }, this.routes);
    return this;
  }

  /** Somebody deletes the shard. */
  remove(second: number): this {
    const shard = { ...this.get(), status: 'deleted' as const, deletion: { by: 'ada', at: at(second) } };
    this.shard = markPushes(shard, this.routes);
    return this;
  }

  get(): ShardDocument {
    if (this.shard === undefined) throw new Error('There is no shard');
    return this.shard;
  }

  source(integration = 'a', externalId = 'p1'): ShardSource {
    const source = this.get().sources[linkIdOf(integration, 'people', externalId, 'contact')];
    if (source === undefined) throw new Error(`${integration}/${externalId} is no source`);
    return source;
  }

  needs(integration = 'a'): PushNeed[] {
    const route = this.routes.find((each) => each.integrationId === integration);
    return route === undefined ? [] : pushNeeds(this.get(), route);
  }

  /** What a push of the fields would have written. */
  pushOf(fields: readonly string[], kind: Pushed['kind'] = 'update'): Pushed {
    return { kind, fields, data: structuredClone(this.get().data) };
  }
}

function linkOf({ integration = 'a', externalId = 'p1' }: Look): LinkDocument {
  return {
    id: linkIdOf(integration, 'people', externalId, 'contact'),
    tenantId: 'acme',
    schemaVersion: 1,
    integrationId: integration,
    object: 'people',
    externalId,
    shardTypeId: 'contact',
    shardId: 'shd_1',
    state: 'pending',
    observed: { fence: 1, page: 0 },
  };
}

export function observationOf(look: Look): Observation {
  const { integration = 'a', externalId = 'p1', record, second, versioned = true, pushed } = look;
  const modifiedAt = look.modifiedAt ?? second;
  const data: JsonObject = {};
  for (const path of personPaths) {
    const value = readPath(record ?? {}, path) as Json | undefined;
    if (value !== undefined) writePath(data, path, structuredClone(value));
  }
  return {
    linkId: linkIdOf(integration, 'people', externalId, 'contact'),
    feed: { object: 'people', shardTypeId: 'contact', paths: personPaths },
    externalId,
    deleted: record === undefined,
    data,
    hash: record === undefined ? 'deleted' : shortHash(canonicalText(data)),
    version: versioned ? epochMs + modifiedAt * 1000 : undefined,
    ...(versioned ? { modifiedAt: at(modifiedAt) } : {}),
    ...(pushed === undefined ? {} : { pushed }),
  };
}
