import { type DurableClient, OrchestrationRuntimeStatus } from 'durable-functions';
import type { Orchestrations } from '../core/ports.ts';

/** Orchestrations by Durable Functions, through the client that a function is bound to. */
export class DurableOrchestrations implements Orchestrations {
  readonly #client: DurableClient;

  constructor(client: DurableClient) {
    this.#client = client;
  }

  async start(name: string, instanceId: string, input: unknown): Promise<void> {
    try {
      await this.#client.startNew(name, { instanceId, input });
    } catch (error) {
      if (!(await this.#exists(instanceId))) throw error;
    }
  }

  async tell(instanceId: string, event: string): Promise<void> {
    try {
      await this.#client.raiseEvent(instanceId, event, null);
    } catch (error) {
      if (await this.#exists(instanceId)) throw error;
    }
  }

  async forgetEnded(createdBefore: Date): Promise<number> {
    const { instancesDeleted } = await this.#client.purgeInstanceHistoryBy({
      createdTimeFrom: new Date(0),
      createdTimeTo: createdBefore,
      runtimeStatus: [
        OrchestrationRuntimeStatus.Completed,
        OrchestrationRuntimeStatus.Failed,
        OrchestrationRuntimeStatus.Terminated,
      ],
    });
    return instancesDeleted;
  }

  async #exists(instanceId: string): Promise<boolean> {
    try {
      await this.#client.getStatus(instanceId);
      return true;
    } catch {
      // The client tells an instance that is not there by an error too; the caller throws the first one.
      return false;
    }
  }
}
