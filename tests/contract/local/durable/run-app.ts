import { resolve } from 'node:path';
import { expect } from 'vitest';
import { type RunningHost, runHost } from '../functions-host/run-host.ts';

export interface Status {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly createdTime: string;
  readonly historyEvents?: readonly Record<string, unknown>[];
}

export interface DurableApp {
  readonly host: RunningHost;
  /** Base of the management API. */
  readonly api: string;
  /** Calls a method of the app's own durable client; rejects with the message it rejects with. */
  client(method: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Starts an instance by the client. */
  start(name: string, input?: unknown, id?: string): Promise<string>;
  status(id: string, query?: string): Promise<Status>;
  /** Waits until it has ended. */
  end(id: string): Promise<Status>;
  /** Waits for a status. */
  reach(id: string, runtimeStatus: string): Promise<Status>;
  /** Starts it and waits for its end. */
  run(name: string, input?: unknown, id?: string): Promise<Status>;
}

export interface AppOptions {
  readonly app?: string;
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

const patience = { timeout: 40_000, interval: 25 };
const FINAL = ['Completed', 'Failed', 'Terminated'];

/** Runs one of the apps of this folder, or one in an absolute folder, in a host process of its own. */
export const runApp = async ({ app = 'features', directory, env = {}, args }: AppOptions): Promise<DurableApp> => {
  const folder = resolve(import.meta.dirname, 'apps', app);
  const host = await runHost(folder, env, ['--durable-dir', directory, ...(args ?? ['--ignore-keys'])]);
  const api = `${host.ready.url}/runtime/webhooks/durabletask`;
  const client: DurableApp['client'] = async (method, ...given) => {
    const body = JSON.stringify({ method, args: given });
    const response = await fetch(`${host.ready.url}/api/client`, { method: 'POST', body });
    const answer = (await response.json()) as { value?: unknown; error?: string };
    if (answer.error !== undefined) {
      throw new Error(answer.error);
    }
    return answer.value;
  };
  const start: DurableApp['start'] = async (name, input, id) =>
    (await client('startNew', name, { input, ...(id === undefined ? {} : { instanceId: id }) })) as string;
  const status: DurableApp['status'] = async (id, query = '') => {
    const response = await fetch(`${api}/instances/${encodeURIComponent(id)}${query}`);
    expect([200, 202]).toContain(response.status);
    return (await response.json()) as Status;
  };
  const end: DurableApp['end'] = async (id) => {
    await expect.poll(async () => FINAL.includes((await status(id)).runtimeStatus), patience).toBe(true);
    return status(id);
  };
  return {
    host,
    api,
    client,
    start,
    status,
    end,
    reach: async (id, runtimeStatus) => {
      await expect.poll(async () => (await status(id)).runtimeStatus, patience).toBe(runtimeStatus);
      return status(id);
    },
    run: async (name, input, id) => end(await start(name, input, id)),
  };
};
