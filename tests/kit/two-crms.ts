import { z } from 'zod';
import { demoSettings } from '../../local/start/demo-task.ts';
import type { ConflictSettings } from '../../shared/contracts/conflict-policy.ts';
import { connection } from '../../shared/contracts/connections.ts';
import { execution } from '../../shared/contracts/executions.ts';
import { integration } from '../../shared/contracts/integrations.ts';
import { task } from '../../shared/contracts/tasks.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import { type CrmAccess, openOwnCrm } from './crm-control.ts';
import { pollUntil } from './poll-until.ts';
import type { RunningTwin } from './running-twin.ts';
import { createTenant, type FollowedRun, type TenantOnTwin } from './tenant-on-twin.ts';

/** Fields that both CRMs have, and that are written back. */
const fields = [
  { from: 'firstName', to: 'name.first' },
  { from: 'lastName', to: 'name.last' },
  { from: 'phone', to: 'phone' },
  { from: 'jobTitle', to: 'jobTitle' },
  { from: 'address.city', to: 'address.city' },
  { from: 'tags', to: 'tags' },
];

type TaskInput = Record<string, unknown> & { readonly conflicts?: Partial<ConflictSettings> };

/** One side of a two-way sync: an integration with its task. */
export interface Side {
  readonly integrationId: string;
  /** Reads what changed, and waits until everything that follows from it has been pushed. */
  pull(mode?: 'full' | 'incremental'): Promise<FollowedRun>;
}

/** A tenant whose contacts are in two CRMs, each with a bidirectional task. */
export interface TwoCrms {
  readonly tenant: TenantOnTwin;
  readonly sides: readonly [Side, Side];
  /** Waits until nothing is waiting to be pushed. */
  quiet(): Promise<void>;
  stored(): Promise<ShardDocument[]>;
}

/** Connects two CRMs to a new tenant. Nothing has been read yet. */
export async function connectTwoCrms(
  room: RunningTwin,
  crms: readonly [CrmAccess, CrmAccess],
  input: TaskInput = {},
  second: {
    /** It has no idempotency keys, and no way to look for what was created. */ readonly forgetful?: boolean;
  } = {},
): Promise<TwoCrms> {
  const body = {
    direction: 'bidirectional' as const,
    deletions: 'mirror' as const,
    objects: [{ object: 'contacts', shardTypeId: 'contact', fields }],
    lookBackSeconds: 5,
    ...input,
  };
  const tenant = await createTenant(room, { crm: crms[0], task: body as never });
  const { client } = tenant;
  const other = await client.call('POST', 'tenant/integrations', integration, {
    provider: 'custom-rest',
    name: 'Second CRM',
    settings: second.forgetful === true ? forgetful(demoSettings(crms[1].url)) : demoSettings(crms[1].url),
  });
  const base = `tenant/integrations/${other.id}`;
  await client.call('POST', `${base}/connect/api-key`, connection, { kind: 'api-key', key: crms[1].apiKey });
  const { id: secondTaskId } = await client.call('POST', `${base}/tasks`, task, {
    name: 'Contacts',
    mode: 'incremental',
    schedule: { kind: 'manual' },
    ...body,
  });
  const stored = async (): Promise<ShardDocument[]> => {
    const { resources } = await room.database
      .container('shards')
      .items.query<ShardDocument>(
        { query: 'SELECT * FROM c WHERE c.tenantId = @t', parameters: [{ name: '@t', value: tenant.tenantId }] },
        { partitionKey: [tenant.tenantId] },
      )
      .fetchAll();
    return resources;
  };
  const isQuiet = async (): Promise<boolean> => {
    const leases = await leasesOf(room, tenant.tenantId);
    // Of a run that has ended, what follows from it: its task is free only then.
    const isBusy = leases.some(
      ({ executionId, holder, batch, scan }) =>
        executionId !== undefined || holder !== undefined || batch !== undefined || scan !== undefined,
    );
    if (isBusy) return false;
    return (await stored()).every(({ push = {} }) => Object.values(push).every((state) => state !== 'pending'));
  };
  const quiet = async (): Promise<void> => {
    await pollUntil(
      'Everything that is to be pushed',
      async () => {
        // The change feed comes a moment after the write.
        if (!(await isQuiet())) return undefined;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return (await isQuiet()) ? true : undefined;
      },
      60_000,
    );
  };
  const side = (integrationId: string, taskId: string): Side => {
    const path = `tenant/integrations/${integrationId}`;
    return {
      integrationId,
      pull: async (mode) => {
        const { id } = await client.call(
          'POST',
          `${path}/tasks/${taskId}/run`,
          execution,
          mode === undefined ? {} : { mode },
        );
        const run = await pollUntil(
          'The end of the run',
          async () => {
            const now = await client.call('GET', `${path}/executions/${id}`, execution);
            return now.finishedAt === undefined ? undefined : now;
          },
          60_000,
        );
        await quiet();
        return { ...run, waits: [] };
      },
    };
  };
  return { tenant, sides: [side(tenant.integrationId, tenant.taskId), side(other.id, secondTaskId)], quiet, stored };
}

function forgetful(settings: ReturnType<typeof demoSettings>) {
  const { contacts } = settings.objects;
  const { update, delete: remove, condition } = contacts.writes;
  const writes = { create: { path: contacts.writes.create.path }, update, delete: remove, condition };
  return { ...settings, objects: { contacts: { ...contacts, writes } } };
}

const leaseState = z.looseObject({
  executionId: z.string().optional(),
  holder: z.unknown().optional(),
  batch: z.unknown().optional(),
  scan: z.unknown().optional(),
});

/** The tenant's lanes and the leases of its tasks. */
async function leasesOf(room: RunningTwin, tenantId: string) {
  const { resources } = await room.database
    .container('leases')
    .items.query({ query: 'SELECT * FROM c WHERE c.tenantId = @t', parameters: [{ name: '@t', value: tenantId }] })
    .fetchAll();
  return z.array(leaseState).parse(resources);
}

/** What the second CRM does to what is written to it. */
export const quirks = ['trims-texts', 'normalises-phones', 'drops-milliseconds', 'lower-cases-emails'] as const;

/** Two CRMs that hold the same people, who are in step. */
export async function startInStep(room: RunningTwin, task: Record<string, unknown>, count = 3) {
  const exact = await openOwnCrm({ contacts: count });
  const quirky = await openOwnCrm({}, { quirks: [...quirks] });
  const two = await connectTwoCrms(room, [exact, quirky], task);
  const [first, second] = two.sides;
  await first.pull();
  await second.pull();
  const [here] = await exact.list('contacts');
  const shard = (await two.stored()).find(({ sources }) =>
    Object.values(sources).some(({ externalId }) => externalId === here),
  );
  const there = Object.values(shard?.sources ?? {}).find(({ integrationId }) => integrationId === second.integrationId);
  if (here === undefined || there === undefined) throw new Error('The first person is not in both CRMs');
  const ids = { here, there: there.externalId };
  const close = async () => {
    await exact.close();
    await quirky.close();
  };
  return { exact, quirky, two, first, second, ids, close };
}

/** What is in step, with one person whose ids are known. */
export type InStep = Awaited<ReturnType<typeof startInStep>>;
