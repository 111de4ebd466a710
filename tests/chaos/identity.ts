import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startCosmos } from '../../local/cosmos/server.ts';
import { compileMatchRules } from '../../shared/core/identity/compile-match-rules.ts';
import type { Collection } from '../../shared/core/ports.ts';
import { type Scope, systemScope } from '../../shared/core/scope.ts';
import { resumeMerge } from '../../shared/use-cases/merge-shards/resume-merge.ts';
import { openStores } from '../contract/ports/cosmos-harness.ts';
import { findIdentityFaults } from '../kit/identity-faults.ts';
import { seededFractions } from '../kit/labelled-people.ts';
import { MemoryLog } from '../kit/memory-services.ts';
import { traceparent } from '../kit/sync-harness.ts';
import { chaosRules, type IdentityPage, identityPages, systems } from './identity-people.ts';

export interface IdentityChaos {
  readonly workers: number;
  readonly people: number;
  /** Records of all systems. */
  readonly records: number;
  readonly pages: number;
  /** Workers killed with SIGKILL while they applied a page. */
  readonly kills: number;
  readonly shards: number;
  /** Merges that were carried out. */
  readonly merges: number;
  /** What must not be, in words: orphans, keys that point nowhere, merges without an end. */
  readonly faults: readonly string[];
  readonly seconds: number;
}

const people = 60;
const rounds = 6;
/** Within the time that a page takes. */
const longestLifeMs = 250;

/** Eight processes apply pages full of the same people to one Cosmos, and are killed again and again; a page is repeated until it is done. */
export async function killWhileMatching(
  kills: number,
  seed: number,
  say: (message: string) => void,
): Promise<IdentityChaos> {
  const startedAt = performance.now();
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-identity-'));
  const cosmos = await startCosmos({ dataDir });
  const scope = systemScope('acme', 'chaos', traceparent);
  const stores = openStores(cosmos.endpoint, cosmos.key, new MemoryLog());
  try {
    await stores.due.listDue(new Date(0).toISOString(), 1);
    const pages = identityPages(people, rounds);
    const herd = new Herd(cosmos, pages, kills, seededFractions(seed), say);
    await Promise.all(Array.from({ length: systems }, () => herd.work()));
    const deps = { ...stores, now: () => new Date(), log: new MemoryLog() };
    for (const { document } of await stores.due.listDue('2999-01-01T00:00:00.000Z', 1000)) {
      if (document.kind === 'merge') await resumeMerge(deps, scope, document.mergeId);
    }
    const [links, shards, keys, merges] = await Promise.all([
      listAll(stores.links, scope),
      listAll(stores.shards, scope),
      listAll(stores.keys, scope),
      listAll(stores.merges, scope),
    ]);
    const living = shards.filter(({ sources }) => Object.keys(sources).length > 0);
    return {
      workers: systems,
      people,
      records: links.length,
      pages: pages.length,
      kills: herd.kills,
      shards: living.length,
      merges: merges.filter(({ state }) => state === 'done').length,
      faults: findIdentityFaults(compileMatchRules('contact', chaosRules), { links, shards, keys, merges }),
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    };
  } finally {
    await cosmos.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function listAll<T extends { readonly id: string }>(collection: Collection<T>, scope: Scope): Promise<T[]> {
  const stored = await collection.list(scope, { filters: [], order: 'ascending', limit: 100_000 });
  return stored.map(({ document }) => document);
}

/** The workers, what is still to be done, and who is still to be killed. */
class Herd {
  kills = 0;
  readonly #cosmos: { readonly endpoint: string; readonly key: string };
  readonly #waiting: IdentityPage[];
  readonly #wanted: number;
  readonly #random: () => number;
  readonly #say: (message: string) => void;
  /** Carried out or under way. */
  #planned = 0;
  #fence = 0;

  constructor(
    cosmos: { readonly endpoint: string; readonly key: string },
    pages: readonly IdentityPage[],
    kills: number,
    random: () => number,
    say: (message: string) => void,
  ) {
    this.#cosmos = cosmos;
    this.#waiting = [...pages];
    this.#wanted = kills;
    this.#random = random;
    this.#say = say;
  }

  /** One worker after the other, until no page is left. */
  async work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const worker = new Worker(this.#cosmos);
      await worker.ready();
      for (let page = this.#waiting.shift(); page !== undefined; page = this.#waiting.shift()) {
        this.#fence += 1;
        const done = worker.apply(page, this.#fence);
        if (this.#mayKill()) {
          this.#planned += 1;
          const killed = await worker.killAfter(this.#random() * longestLifeMs, done);
          if (!killed) this.#planned -= 1;
          else {
            this.kills += 1;
            this.#say(`kill ${this.kills} on page ${page.index}, ${this.#waiting.length} pages are waiting`);
            this.#waiting.unshift(page);
            break;
          }
        }
        await done;
      }
      await worker.end();
    }
  }

  #mayKill(): boolean {
    return this.#planned < this.#wanted && this.#random() < 0.6;
  }
}

class Worker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor({ endpoint, key }: { readonly endpoint: string; readonly key: string }) {
    const main = join(import.meta.dirname, 'identity-worker.ts');
    this.#child = spawn(process.execPath, [main, endpoint, key], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout === null) throw new Error('The output of the worker is not piped');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    await this.#lines.next();
  }

  /** False when the worker ended before it was done. */
  async apply(page: IdentityPage, fence: number): Promise<boolean> {
    this.#child.stdin?.write(`${JSON.stringify({ page, fence })}\n`);
    const { done } = await this.#lines.next();
    if (done === true && this.#child.signalCode !== 'SIGKILL' && !this.#child.killed) {
      throw new Error(`A worker failed on page ${page.index}`);
    }
    return done !== true;
  }

  /** Returns whether the worker died before its page was done. */
  async killAfter(ms: number, done: Promise<boolean>): Promise<boolean> {
    const pause = new Promise<'time'>((resolve) => setTimeout(() => resolve('time'), ms));
    if ((await Promise.race([done, pause])) !== 'time') return false;
    this.#child.kill('SIGKILL');
    return !(await done);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
  }
}
