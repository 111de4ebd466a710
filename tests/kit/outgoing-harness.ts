import { Webhook } from 'standardwebhooks';
import type { z } from 'zod';
import { createSubscription as createRoute } from '../../shared/contracts/subscriptions.ts';
import type { DispatchDocument } from '../../shared/core/documents/dispatch.ts';
import type { OutgoingSettings } from '../../shared/core/outgoing/settings.ts';
import { type Scope, systemScope } from '../../shared/core/scope.ts';
import { createSubscription } from '../../shared/use-cases/outgoing/create-subscription.ts';
import { fanOutEvents } from '../../shared/use-cases/outgoing/fan-out-events.ts';
import { handleOutgoingMessage } from '../../shared/use-cases/outgoing/handle-outgoing-message.ts';
import { type Occurrence, recordEvent } from '../../shared/use-cases/record-event.ts';
import { runDueEntries } from '../../shared/use-cases/run-due-entries.ts';
import { createMemoryDeps, type MemoryDeps } from './memory-ports.ts';
import type { ReceivedPost } from './memory-webhook-client.ts';
import { survive, traceparent } from './sync-harness.ts';

export const receiverUrl = 'https://receiver.example/hook';

type Body = z.input<NonNullable<typeof createRoute.body>>;

const parseBody = (body: Body) => createRoute.body?.parse(body);

export interface Subscribed {
  readonly id: string;
  readonly secret: string;
}

/** One tenant with subscriptions on memory ports: drives feed, queue and clock as the host would. */
export interface OutgoingHarness {
  readonly deps: MemoryDeps;
  readonly scope: Scope;
  subscribe(changes?: Partial<Body>): Promise<Subscribed>;
  /** An alert of the product about a project, at the clock's instant. */
  tell(title: string, changes?: Partial<Extract<Occurrence, { type: 'activity.alert' }>>): Promise<void>;
  /** Delivers changes and messages and moves the clock until nothing waits; a crashed process is started again. */
  settle(): Promise<void>;
  /** Takes so many turns of what `settle` does; false when there was nothing left to do. */
  turns(count: number): Promise<boolean>;
  dispatches(): readonly DispatchDocument[];
  /** What was told in the posts that came, in their order. */
  titles(): string[];
}

/** @param outgoing how deliveries are paced; the product's own pace unless given */
export function createOutgoingHarness(outgoing: Partial<OutgoingSettings> = {}): OutgoingHarness {
  const deps = createMemoryDeps({ outgoing });
  const scope = systemScope('acme', 'test', traceparent);
  const fed = new Set<string>();
  let told = 0;

  const feed = async (): Promise<boolean> => {
    const fresh = deps.events.all().filter(({ id }) => !fed.has(id));
    if (fresh.length === 0) return false;
    const documents = fresh.map((event) => ({ ...event, _etag: 'x', _lsn: 1 }));
    await fanOutEvents(deps, { documents, invocationId: 'feed', failures: 0 });
    for (const { id } of fresh) fed.add(id);
    return true;
  };

  const turn = async (): Promise<boolean> => {
    if (await feed()) return true;
    for (const lane of ['usual', 'slow'] as const) {
      const message = (lane === 'slow' ? deps.slowOutgoingQueue : deps.outgoingQueue).receive();
      if (message === undefined) continue;
      await handleOutgoingMessage(deps, message.envelope, lane);
      message.complete();
      return true;
    }
    const next = Math.min(
      ...deps.due.all().map(({ document }) => Date.parse(document.dueAt)),
      deps.outgoingQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
      deps.slowOutgoingQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(next)) return false;
    deps.clock.advanceTo(next);
    await runDueEntries(deps, traceparent);
    return true;
  };

  const harness: OutgoingHarness = {
    deps,
    scope,
    subscribe: async (changes = {}) => {
      const body = parseBody({ url: receiverUrl, events: [{ type: '*' }], ...changes });
      if (body === undefined) throw new Error('The route has a body');
      const attempt = { at: deps.now(), repeated: false };
      const input = { params: undefined, query: undefined, ifMatch: undefined, body, attempt };
      const { body: shown } = await createSubscription(deps, scope, input);
      return { id: shown.id, secret: shown.secret };
    },
    tell: async (title, changes = {}) => {
      told += 1;
      await recordEvent(deps, scope, {
        type: 'activity.alert',
        subject: 'project-1',
        at: deps.now().toISOString(),
        identity: String(told),
        data: { severity: 'info', title },
        ...changes,
      });
    },
    settle: async () => {
      for (let count = 0; count < 20_000; count += 1) {
        const moved = (await survive(deps, turn)) ?? true;
        if (!moved && !deps.faults.crashed) return;
        // The clock goes on after an entry that failed: it may have been the last one.
        if (!moved) deps.faults.restart();
      }
      throw new Error('it does not come to rest');
    },
    turns: async (count) => {
      for (let turns = 0; turns < count; turns += 1) {
        if ((await survive(deps, turn)) === false) return false;
      }
      return true;
    },
    dispatches: () => deps.dispatches.all(),
    titles: () => deps.webhookClient.received.map(titleOf),
  };
  return harness;
}

export function titleOf({ body }: Pick<ReceivedPost, 'body'>): string {
  return (JSON.parse(body) as { data: { title: string } }).data.title;
}

/** Verifies a post as a receiver does; the library compares with the machine's clock, so the timestamp is checked apart. */
export function verifyPost(post: ReceivedPost, secret: string): unknown {
  const {
    'webhook-timestamp': timestamp = '',
    'webhook-id': id = '',
    'webhook-signature': signatures = '',
  } = post.headers;
  if (Number(timestamp) !== Math.floor(post.at.getTime() / 1000)) throw new Error('It was signed at another time');
  const expected = new Webhook(secret).sign(id, new Date(Number(timestamp) * 1000), post.body);
  if (!signatures.split(' ').includes(expected)) throw new Error('No signature is right');
  return JSON.parse(post.body);
}
