import type { DemoCrm } from '../../../../local/demo-crm/server.ts';

interface CrmRecord {
  readonly id: string;
  readonly updatedAt: string;
  readonly deleted?: boolean;
  readonly [field: string]: unknown;
}

interface CrmPage {
  readonly data: readonly CrmRecord[];
  readonly paging: { readonly nextCursor: string | null; readonly nextUrl: string | null; readonly total: number };
}

interface Changed {
  readonly ids: readonly string[];
  readonly updatedAt: string;
  readonly visibleAt: string;
}

interface Stats {
  readonly requests: Record<string, number>;
  readonly statuses: Record<string, number>;
  readonly recordsServed: Record<string, number>;
  readonly records: Record<string, number>;
}

export interface CrmClient {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  list(pathOrUrl: string): Promise<CrmPage>;
  /** Follows next URLs to the end. */
  readAll(pathOrUrl: string): Promise<{ records: CrmRecord[]; pages: number }>;
  change(order: { type: string; kind: string; count?: number; share?: number }): Promise<Changed>;
  setFaults(faults: unknown): Promise<void>;
  stats(): Promise<Stats>;
}

export const createCrmClient = ({ url, apiKey }: Pick<DemoCrm, 'url' | 'apiKey'>): CrmClient => {
  const send: CrmClient['send'] = (method, path, body, headers = {}) =>
    fetch(new URL(path, url), {
      method,
      headers: {
        'x-api-key': apiKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const ok = async <Body>(response: Promise<Response>): Promise<Body> => {
    const answer = await response;
    if (!answer.ok) {
      throw new Error(`${answer.status} ${await answer.text()}`);
    }
    return (await answer.json()) as Body;
  };
  const list: CrmClient['list'] = (path) => ok(send('GET', path));
  return {
    send,
    list,
    readAll: async (path) => {
      const records: CrmRecord[] = [];
      let pages = 0;
      for (let next: string | null = path; next !== null; pages += 1) {
        const page: CrmPage = await list(next);
        records.push(...page.data);
        next = page.paging.nextUrl;
      }
      return { records, pages };
    },
    change: (order) => ok(send('POST', '/admin/change', order)),
    setFaults: async (faults) => {
      await ok(send('PUT', '/admin/faults', faults));
    },
    stats: () => ok(send('GET', '/admin/stats')),
  };
};
