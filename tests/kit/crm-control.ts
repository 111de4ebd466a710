import { z } from 'zod';
import { type DemoCrmOptions, startDemoCrm } from '../../local/demo-crm/server.ts';

export type RecordType = 'companies' | 'contacts' | 'deals';
export type ChangeKind = 'create' | 'update' | 'delete';

/** Where a CRM is and how one signs in. */
export interface CrmAccess {
  readonly url: string;
  readonly apiKey: string;
}

export interface CrmControl extends CrmAccess {
  /** Switches faults on, instead of those before; none clears them. */
  setFaults(...faults: readonly object[]): Promise<void>;
  /** How often each fault struck, in the order they were set. */
  struck(): Promise<number[]>;
  change(type: RecordType, kind: ChangeKind, count: number): Promise<CrmChange>;
  /** Makes exact edits, as people do in the CRM; gives the records as they are then. They do not count as writes. */
  edit(...edits: readonly CrmEdit[]): Promise<readonly CrmEdited[]>;
  /** How a record is shown now; undefined when it is not there. */
  read(type: RecordType, id: string): Promise<Record<string, unknown> | undefined>;
  /** What clients of its API have written so far, and into which records. */
  writes(): Promise<CrmWrites>;
  /** Switches quirks and the like, instead of what there was before. */
  behave(behaviour: NonNullable<DemoCrmOptions['behaviour']>): Promise<void>;
  stats(): Promise<CrmStats>;
  /** Back to the seed: no changes, no faults, nothing counted. */
  reset(): Promise<void>;
  /** Ids of all records that are there, in order. */
  list(type: RecordType): Promise<string[]>;
}

const crmChange = z.object({ ids: z.array(z.string()), updatedAt: z.string(), visibleAt: z.string() });
type CrmChange = z.infer<typeof crmChange>;

export type CrmEdit =
  | { readonly kind: 'create'; readonly type: RecordType; readonly record: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'update';
      readonly type: RecordType;
      readonly id: string;
      readonly patch: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'delete'; readonly type: RecordType; readonly id: string };

const crmRecord = z.record(z.string(), z.unknown());
const crmEdited = z.object({ results: z.array(z.object({ id: z.string(), record: crmRecord.optional() })) });
type CrmEdited = z.infer<typeof crmEdited>['results'][number];

const effects = { created: z.number(), updated: z.number(), unchanged: z.number(), deleted: z.number() };
const crmWrites = z.object({
  totals: z.object(effects),
  records: z.array(z.object({ type: z.string(), id: z.string(), ...effects })),
});
type CrmWrites = z.infer<typeof crmWrites>;

const crmStats = z.object({
  requests: z.record(z.string(), z.number()),
  statuses: z.record(z.string(), z.number()),
  recordsServed: z.record(z.string(), z.number()),
});
type CrmStats = z.infer<typeof crmStats>;

const faultStates = z.object({ faults: z.array(z.object({ struck: z.number() })) });
const listPage = z.object({
  data: z.array(z.object({ id: z.string() })),
  paging: z.object({ nextCursor: z.string().nullable() }),
});

/** A CRM that no other test touches, in this process. */
export async function openOwnCrm(
  records: Partial<Record<RecordType, number>>,
  behaviour: NonNullable<DemoCrmOptions['behaviour']> = {},
): Promise<CrmControl & { close(): Promise<void> }> {
  const crm = await startDemoCrm({ companies: 0, contacts: 0, deals: 0, ...records, behaviour });
  return { ...controlCrm(crm), close: () => crm.close() };
}

/** The switches of a demo CRM. */
export function controlCrm({ url, apiKey }: CrmAccess): CrmControl {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  return {
    url,
    apiKey,
    setFaults: async (...faults) => void (await call('PUT', '/admin/faults', { faults })),
    struck: async () => faultStates.parse(await call('GET', '/admin/faults')).faults.map((fault) => fault.struck),
    change: async (type, kind, count) => crmChange.parse(await call('POST', '/admin/change', { type, kind, count })),
    edit: async (...edits) => crmEdited.parse(await call('POST', '/admin/edit', edits)).results,
    read: async (type, id) => {
      const response = await fetch(`${url}/v1/${type}/${id}`, { headers: { 'x-api-key': apiKey } });
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`GET ${type}/${id}: ${response.status} ${await response.text()}`);
      return crmRecord.parse(await response.json());
    },
    writes: async () => crmWrites.parse(await call('GET', '/admin/writes')),
    behave: async (behaviour) => void (await call('PUT', '/admin/behaviour', behaviour)),
    stats: async () => crmStats.parse(await call('GET', '/admin/stats')),
    reset: async () => void (await call('POST', '/admin/reset')),
    list: async (type) => {
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = listPage.parse(await call('GET', `/v1/${type}?limit=1000${query}`));
        ids.push(...page.data.map((record) => record.id));
        cursor = page.paging.nextCursor;
      }
      return ids.sort();
    },
  };
}
