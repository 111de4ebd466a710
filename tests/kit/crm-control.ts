import { z } from 'zod';
import { startDemoCrm } from '../../local/demo-crm/server.ts';

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
  stats(): Promise<CrmStats>;
  /** Ids of all records that are there, in order. */
  list(type: RecordType): Promise<string[]>;
}

const crmChange = z.object({ ids: z.array(z.string()), updatedAt: z.string(), visibleAt: z.string() });
type CrmChange = z.infer<typeof crmChange>;

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
): Promise<CrmControl & { close(): Promise<void> }> {
  const crm = await startDemoCrm({ companies: 0, contacts: 0, deals: 0, ...records });
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
    stats: async () => crmStats.parse(await call('GET', '/admin/stats')),
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
