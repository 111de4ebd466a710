import { z } from 'zod';
import { ApiProblem } from '../../local/start/api-client.ts';
import { execution } from '../../shared/contracts/executions.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { task } from '../../shared/contracts/tasks.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { runTwin } from '../kit/running-twin.ts';
import { connectTwoCrms, quirks, type TwoCrms } from '../kit/two-crms.ts';
import { seededRandom } from './seeded-random.ts';

export interface TwoWayChaosResult {
  readonly seed: number;
  readonly kills: number;
  /** What people changed in either CRM while the app was killed: each is to be written to the other one once. */
  readonly changes: { readonly updated: number; readonly created: number; readonly deleted: number };
  /** What the app wrote, by the CRMs' own count; `unchanged`: the record was so already. */
  readonly writes: {
    readonly updated: number;
    readonly created: number;
    readonly deleted: number;
    readonly unchanged: number;
  };
  readonly writesPerChange: number;
  /** Edits of which either CRM does not show the value. */
  readonly lostEdits: number;
  /** People who are not in both CRMs, or more than once. */
  readonly unpaired: number;
  /** Pairs that differ in a field, but for how the second CRM writes it. */
  readonly different: number;
  /** Writes of two more full runs each, once all was done. */
  readonly writesAtRest: number;
}

/** Leases and watch paced for processes that die every few seconds. */
const pace = {
  CASTIEL_HOST_QUEUE_LEASE_SECONDS: '2',
  ENGINE_LEASE_MS: '4000',
  ENGINE_WATCH_MS: '1000',
  ENGINE_PAGES_PER_SLICE: '5',
  ENGINE_ATTEMPTS: '10',
};

/** Of each kill: edits at either side, a creation there, and now and then a deletion. */
const editsPerKill = 4;

interface Chaos {
  readonly random: () => number;
  readonly crms: readonly [CrmControl, CrmControl];
  readonly two: TwoCrms;
  readonly taskIds: readonly string[];
  /** By CRM: people who were not changed yet; each is changed at most once, so that changes can be counted. */
  readonly untouched: readonly [string[], string[]];
  /** By CRM: who somebody is in the other one. */
  readonly pairs: Pairs;
  readonly expected: { readonly crm: number; readonly id: string; readonly field: string; readonly value: string }[];
  /** People who were deleted in either CRM. */
  readonly removed: Set<string>;
  readonly changes: { updated: number; created: number; deleted: number };
}

/** Has people edit, create and delete in two CRMs that are kept alike, while the app is killed with SIGKILL again and again. */
export async function killWhileSyncingBothWays(
  kills: number,
  seed: number,
  say: (message: string) => void,
): Promise<TwoWayChaosResult> {
  const room = await runTwin({ appEnvironment: pace });
  const exact = await openOwnCrm({ contacts: kills * (editsPerKill * 2 + 1) });
  const quirky = await openOwnCrm({}, { quirks: [...quirks] });
  try {
    const two = await connectTwoCrms(room, [exact, quirky]);
    for (const side of two.sides) await side.pull();
    const chaos: Chaos = {
      random: seededRandom(seed),
      crms: [exact, quirky],
      two,
      taskIds: await taskIdsOf(two),
      pairs: (await findPairs(two, new Set())).pairs,
      untouched: [await exact.list('contacts'), await quirky.list('contacts')],
      expected: [],
      removed: new Set(),
      changes: { updated: 0, created: 0, deleted: 0 },
    };
    const before = await totals(chaos);
    for (let kill = 1; kill <= kills; kill += 1) {
      await changeBoth(chaos, kill);
      await startBoth(chaos);
      await new Promise((resolve) => setTimeout(resolve, chaos.random() * 2500));
      await room.twin.stopApp('SIGKILL');
      await room.twin.restartApp();
      say(`kill ${kill}: ${JSON.stringify(difference(await totals(chaos), before))} written so far`);
    }
    await settle(chaos);
    const writes = difference(await totals(chaos), before);
    const made = chaos.changes.updated + chaos.changes.created + chaos.changes.deleted;
    const found = await compare(chaos);
    await settle(chaos);
    const rest = difference(await totals(chaos), before);
    return {
      seed,
      kills,
      changes: chaos.changes,
      writes,
      writesPerChange: Number((sum(writes) / made).toFixed(4)),
      ...found,
      writesAtRest: sum(rest) - sum(writes),
    };
  } finally {
    await exact.close();
    await quirky.close();
    await room.close();
  }
}

async function taskIdsOf({ tenant, sides }: TwoCrms): Promise<string[]> {
  const ids: string[] = [];
  for (const { integrationId } of sides) {
    const { items } = await tenant.client.call('GET', `tenant/integrations/${integrationId}/tasks`, pageOf(task));
    ids.push(...items.map(({ id }) => id));
  }
  return ids;
}

/** The first CRM's people change job titles, the second one's change names: no field is changed in both. */
async function changeBoth(chaos: Chaos, kill: number): Promise<void> {
  const { crms, expected, changes } = chaos;
  if (kill % 3 === 0) {
    const id = takeAny(chaos, 0);
    await crms[0].edit({ kind: 'delete', type: 'contacts', id });
    chaos.removed.add(id);
    changes.deleted += 1;
  }
  for (const [crm, control] of crms.entries()) {
    const field = crm === 0 ? 'jobTitle' : 'lastName';
    for (let edit = 0; edit < editsPerKill; edit += 1) {
      const id = takeAny(chaos, crm);
      const value = `${field} ${kill} ${edit}`;
      await control.edit({ kind: 'update', type: 'contacts', id, patch: { [field]: value } });
      expected.push({ crm, id, field, value });
      changes.updated += 1;
    }
    const record = { firstName: 'New', lastName: `Person ${kill} ${crm}`, email: `new${kill}.${crm}@example.org` };
    const [created] = await control.edit({ kind: 'create', type: 'contacts', record });
    if (created === undefined) throw new Error('The CRM created nobody');
    expected.push({ crm, id: created.id, field: 'lastName', value: record.lastName });
    changes.created += 1;
  }
}

/** Somebody in a CRM who has not been changed in either. */
function takeAny({ random, untouched, pairs }: Chaos, crm: number): string {
  const [own, other] = crm === 0 ? untouched : [untouched[1], untouched[0]];
  const [id] = own.splice(Math.floor(random() * own.length), 1);
  const partner = id === undefined ? undefined : pairs[crm === 0 ? 0 : 1].get(id);
  if (id === undefined || partner === undefined) throw new Error('There is nobody left to be changed');
  const at = other.indexOf(partner);
  if (at >= 0) other.splice(at, 1);
  return id;
}

async function startBoth({ two, taskIds }: Chaos, mode?: 'full'): Promise<void> {
  for (const [index, { integrationId }] of two.sides.entries()) {
    const path = `tenant/integrations/${integrationId}/tasks/${taskIds[index]}/run`;
    try {
      await two.tenant.client.call('POST', path, execution, mode === undefined ? {} : { mode });
    } catch (error) {
      if (!(error instanceof ApiProblem && error.code === 'already-running')) throw error;
    }
  }
}

/** Reads both whole, after what the killed processes left is done. */
async function settle(chaos: Chaos): Promise<void> {
  const { two } = chaos;
  for (const mode of ['incremental', 'full', 'full'] as const) {
    await pollUntil('The end of what was left', async () => ((await isIdle(two)) ? true : undefined), 300_000);
    for (const side of two.sides) await side.pull(mode);
  }
}

async function isIdle({ tenant, sides, quiet }: TwoCrms): Promise<boolean> {
  for (const { integrationId } of sides) {
    const path = `tenant/integrations/${integrationId}/executions?limit=100`;
    const { items } = await tenant.client.call('GET', path, z.object({ items: z.array(execution) }));
    if (items.some(({ finishedAt }) => finishedAt === undefined)) return false;
  }
  await quiet();
  return true;
}

type Writes = TwoWayChaosResult['writes'];

async function totals({ crms }: Pick<Chaos, 'crms'>): Promise<Writes> {
  const [one, other] = [(await crms[0].writes()).totals, (await crms[1].writes()).totals];
  return add(one, other, 1);
}

function difference(now: Writes, before: Writes): Writes {
  return add(now, before, -1);
}

function add(one: Writes, other: Writes, sign: number): Writes {
  return {
    updated: one.updated + sign * other.updated,
    created: one.created + sign * other.created,
    deleted: one.deleted + sign * other.deleted,
    unchanged: one.unchanged + sign * other.unchanged,
  };
}

function sum({ updated, created, deleted, unchanged }: Writes): number {
  return updated + created + deleted + unchanged;
}

type Pairs = readonly [Map<string, string>, Map<string, string>];

/** Who is who, by the shards; `unpaired` shards stand for nobody or for several people in a CRM, or for people who are gone. */
async function findPairs(
  two: TwoCrms,
  removed: ReadonlySet<string>,
): Promise<{ readonly pairs: Pairs; readonly unpaired: number }> {
  const pairs: Pairs = [new Map(), new Map()];
  let unpaired = 0;
  for (const { sources, status } of await two.stored()) {
    const [here = [], there = []] = two.sides.map(({ integrationId }) =>
      Object.values(sources).flatMap((source) => (source.integrationId === integrationId ? [source.externalId] : [])),
    );
    const [one, other] = [here[0], there[0]];
    const isGone = here.some((id) => removed.has(id));
    if (one === undefined || other === undefined || here.length + there.length > 2) unpaired += 1;
    else if (isGone !== (status === 'deleted')) unpaired += 1;
    else if (!isGone) {
      pairs[0].set(one, other);
      pairs[1].set(other, one);
    }
  }
  return { pairs, unpaired };
}

async function compare({
  crms,
  two,
  expected,
  removed,
}: Chaos): Promise<Pick<TwoWayChaosResult, 'lostEdits' | 'unpaired' | 'different'>> {
  const { pairs, unpaired } = await findPairs(two, removed);
  const lists = [await crms[0].list('contacts'), await crms[1].list('contacts')] as const;
  const alone = lists.flatMap((ids, crm) => ids.filter((id) => pairs[crm === 0 ? 0 : 1].get(id) === undefined));
  let lostEdits = 0;
  for (const { crm, id, field, value } of expected) {
    const [own, other] = crm === 0 ? ([0, 1] as const) : ([1, 0] as const);
    const records = [
      await crms[own].read('contacts', id),
      await crms[other].read('contacts', pairs[own].get(id) ?? 'nobody'),
    ];
    if (records.some((record) => record?.[field] !== value)) lostEdits += 1;
  }
  let different = 0;
  for (const [here, there] of pairs[0]) {
    const records = [await crms[0].read('contacts', here), await crms[1].read('contacts', there)];
    if (shown(records[0]) !== shown(records[1])) different += 1;
  }
  return { lostEdits, unpaired: unpaired + alone.length, different };
}

function shown(record: Record<string, unknown> | undefined): string {
  const texts = ['firstName', 'lastName', 'jobTitle'].map((field) => String(record?.[field] ?? '').trim());
  return JSON.stringify([
    ...texts,
    String(record?.['phone'] ?? '')
      .replace(/\D/g, '')
      .replace(/^00/, ''),
  ]);
}
