import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ApiContext, answerApiRequest } from './api/api.ts';
import { clientBinding, type PublicApi, WEBHOOK_PATH } from './api/links.ts';
import { type ApiAnswer, ApiError, type ApiRequest, readApiRequest, writeApiAnswer } from './api/request.ts';
import type { DurableLog, EngineSettings } from './engine/context.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import type { Worker } from './engine/worker.ts';
import { forward, OwnerUnreachable } from './forward.ts';
import { RPC_PATH, type RpcListener, startRpcListener } from './rpc-listener.ts';
import { openHubFile } from './store/hub-file.ts';
import { HubStore } from './store/hub-store.ts';

export interface TaskHubOptions {
  /** The folder of the hub's file. */
  readonly directory: string;
  readonly publicApi: PublicApi;
  readonly worker: Worker;
  readonly settings: EngineSettings;
  readonly log: DurableLog;
}

export interface TaskHub {
  /** What `durableClient` bindings hand to the app. */
  readonly clientBinding: string;
  /** Begins to run what waits, once the host is ready for all that functions may ask of it. */
  begin(): void;
  /** Answers a request below the public path of the management API. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Begins no orchestration or activity any more and waits for those that run. Clients are still served. */
  stop(): Promise<void>;
  /** Gives the hub to another host. */
  close(): Promise<void>;
}

/** How often a host looks whether it can take over. */
const TAKEOVER_MS = 250;
/** How long a request waits while a hub goes from one host to the other. */
const LONGEST_HANDOVER_MS = 10_000;

interface Owned {
  readonly store: HubStore;
  readonly engine: Engine;
  readonly api: ApiContext;
}

/**
 * Opens a task hub; it runs from `begin` on. Several hosts may do so: one runs it, the others pass their clients' requests on to that one, and one
 * of them takes over when it ends.
 * @throws HubStateError when its state cannot be opened
 */
export const openTaskHub = async (options: TaskHubOptions): Promise<TaskHub> => {
  const hub = new Hub(options);
  await hub.start();
  return hub;
};

class Hub implements TaskHub {
  readonly #options: TaskHubOptions;
  readonly #file: string;
  readonly #id = randomUUID();
  #listener: RpcListener | undefined;
  #owned: Owned | undefined;
  #takeover: NodeJS.Timeout | undefined;
  #hasBegun = false;
  /** True once another host has asked this one. */
  #hasForwarded = false;
  #isStopped = false;

  constructor(options: TaskHubOptions) {
    this.#options = options;
    this.#file = join(options.directory, `${options.publicApi.hubName}.sqlite`);
  }

  async start(): Promise<void> {
    const listener = await startRpcListener(this.#id, (request, response, isForwarded) =>
      this.#answer(request, response, RPC_PATH, isForwarded),
    );
    this.#listener = listener;
    try {
      this.#tryToOwn();
    } catch (error) {
      await listener.close();
      throw error;
    }
    if (this.#owned === undefined) {
      this.#options.log('information', `Another host runs the task hub ${this.#options.publicApi.hubName}`);
      this.#takeover = setInterval(() => this.#takeOver(), TAKEOVER_MS);
    }
  }

  begin(): void {
    this.#hasBegun = true;
    this.#owned?.engine.begin();
  }

  get clientBinding(): string {
    return clientBinding(this.#options.publicApi, this.#rpcUrl);
  }

  get #rpcUrl(): string {
    return this.#listener?.url ?? '';
  }

  answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#answer(request, response, WEBHOOK_PATH, false);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#takeover);
    await this.#owned?.engine.stop();
  }

  async close(): Promise<void> {
    const owned = this.#owned;
    this.#owned = undefined;
    owned?.store.close();
    if (this.#hasForwarded) {
      // Until another host has taken over, its requests are told that this one has gone.
      await wait(2 * TAKEOVER_MS);
    }
    await this.#listener?.close();
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    prefix: string,
    isForwarded: boolean,
  ): Promise<void> {
    try {
      const apiRequest = await readApiRequest(request, prefix);
      writeApiAnswer(response, await this.#route(apiRequest, isForwarded));
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      if (status === 500) {
        this.#options.log('error', `A request of the management API failed: ${message}`);
      }
      writeApiAnswer(response, { status, body: { Message: message } });
    }
  }

  async #route(request: ApiRequest, isForwarded: boolean): Promise<ApiAnswer> {
    this.#hasForwarded ||= isForwarded;
    const untilMs = performance.now() + LONGEST_HANDOVER_MS;
    for (;;) {
      if (this.#owned !== undefined) {
        return answerApiRequest(this.#owned.api, request);
      }
      if (isForwarded) {
        throw new ApiError(503, 'This host does not run the task hub any more');
      }
      const owner = this.#readOwner();
      if (owner !== undefined) {
        try {
          return await forward(owner, request);
        } catch (error) {
          if (!(error instanceof OwnerUnreachable)) {
            throw error;
          }
        }
      }
      if (performance.now() > untilMs) {
        throw new ApiError(503, `No host runs the task hub ${this.#options.publicApi.hubName}`);
      }
      this.#takeOver();
      await wait(50);
    }
  }

  #takeOver(): void {
    if (this.#isStopped || this.#owned !== undefined) {
      return;
    }
    try {
      this.#tryToOwn();
    } catch (error) {
      this.#options.log(
        'error',
        `The task hub cannot be taken over: ${error instanceof Error ? error.message : error}`,
      );
    }
    if (this.#owned !== undefined) {
      clearInterval(this.#takeover);
      this.#options.log('information', `This host runs the task hub ${this.#options.publicApi.hubName} from now on`);
    }
  }

  #tryToOwn(): void {
    const { worker, settings, log, publicApi } = this.#options;
    const sqlite = openHubFile(this.#file);
    if (sqlite === undefined) {
      return;
    }
    const temporary = `${this.#ownerFile}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify({ url: this.#rpcUrl, id: this.#id }), { mode: 0o600 });
    renameSync(temporary, this.#ownerFile);
    const store = new HubStore(sqlite);
    const engine = createEngine(store, worker, settings, log);
    const { defaultVersion } = settings;
    this.#owned = { store, engine, api: { engine, store, worker, publicApi, defaultVersion } };
    if (this.#hasBegun) {
      engine.begin();
    }
  }

  /** Where the owner says how it is reached. */
  get #ownerFile(): string {
    return `${this.#file}.owner`;
  }

  #readOwner(): { readonly url: string; readonly id: string } | undefined {
    try {
      return JSON.parse(readFileSync(this.#ownerFile, 'utf8')) as { url: string; id: string };
    } catch {
      // There is none yet.
      return undefined;
    }
  }
}
