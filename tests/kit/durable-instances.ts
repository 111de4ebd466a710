import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Twin } from '../../local/start/twin.ts';

const hostKeys = z.looseObject({ systemKeys: z.record(z.string(), z.string()) });
const instances = z.array(z.looseObject({ instanceId: z.string(), runtimeStatus: z.string() }));

/** The orchestrations of an app on the twin, by its host's management API. */
export class DurableInstances {
  readonly #twin: Pick<Twin, 'api'>;
  readonly #dataDir: string;

  constructor({ twin, dataDir }: { readonly twin: Pick<Twin, 'api'>; readonly dataDir: string }) {
    this.#twin = twin;
    this.#dataDir = dataDir;
  }

  /** By the beginning of their ids. */
  async list(prefix: string): Promise<z.infer<typeof instances>> {
    return instances.parse(await (await this.#ask('GET', `instances?instanceIdPrefix=${prefix}`)).json());
  }

  async running(prefix: string): Promise<string[]> {
    const found = await this.list(prefix);
    return found.flatMap(({ instanceId, runtimeStatus }) => (runtimeStatus === 'Running' ? [instanceId] : []));
  }

  async terminate(instanceId: string): Promise<void> {
    await this.#ask('POST', `instances/${instanceId}/terminate?reason=test`);
  }

  async #ask(method: string, path: string): Promise<Response> {
    const { systemKeys } = hostKeys.parse(JSON.parse(await readFile(join(this.#dataDir, 'host-keys.json'), 'utf8')));
    const url = new URL(path, new URL('/runtime/webhooks/durabletask/', this.#twin.api()));
    url.searchParams.set('code', systemKeys['durabletask_extension'] ?? '');
    const response = await fetch(url, { method });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return response;
  }
}
