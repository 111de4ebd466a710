import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import type { Adapter, Credential } from '../../../shared/core/adapter.ts';
import type { CassetteRecorder } from './recorder.ts';

export interface RecordedRead {
  readonly adapter: Adapter;
  readonly settings: unknown;
  readonly credential: Credential;
  readonly object: string;
  readonly pages: number;
  readonly pageSize: number;
  readonly since?: string | undefined;
  readonly allowPrivateAddresses: boolean;
}

/** Has an adapter check its connection and read some pages of an object, and notes every call. Returns how many records there were. */
export async function recordCalls(recorder: CassetteRecorder, read: RecordedRead): Promise<number> {
  const { adapter, settings, credential, object, pageSize, since } = read;
  const openCall = createOpenCall({
    allowPrivateAddresses: read.allowPrivateAddresses,
    wrapWire: recorder.wrapWire,
  });
  try {
    const call = openCall({ adapter, settings: adapter.settings.parse(settings), credential });
    await adapter.check(call);
    let cursor: string | undefined;
    let records = 0;
    for (let page = 0; page < read.pages; page += 1) {
      const pulled = await adapter.pull?.(call, { object, pageSize, cursor, since });
      if (pulled === undefined) throw new Error(`${adapter.label} has nothing to pull.`);
      records += pulled.changes.length + pulled.rejected.length;
      if (pulled.done) break;
      cursor = pulled.next;
    }
    return records;
  } finally {
    await openCall.close();
  }
}
