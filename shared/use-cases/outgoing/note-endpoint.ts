import type { EndpointDocument } from '../../core/documents/subscription.ts';
import { endpointIdOf } from '../../core/documents/subscription.ts';
import {
  closedCircuit,
  isSlow,
  type Passage,
  passageThrough,
  withDuration,
  withFailure,
  withProbe,
  withSuccess,
} from '../../core/outgoing/circuit.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** As many writers as there may be at once; losing more races in a row means that something writes without end. */
const maximumTries = 500;

/** A success of a receiver that does well is noted once a minute: its document would else be written with every delivery. */
const successNotedMs = 60_000;

type Needs = Pick<Deps, 'endpoints'>;

/** Changes what is known of a receiver, whoever else does so at the same time; `undefined` leaves it. Returns what it is then. */
async function noteEndpoint(
  deps: Needs,
  scope: Scope,
  subscriptionId: string,
  change: (current: EndpointDocument) => EndpointDocument | undefined,
): Promise<EndpointDocument> {
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const stored = await deps.endpoints.get(scope, { id: endpointIdOf(subscriptionId) });
    const current = stored?.document ?? closedCircuit(scope.tenantId, subscriptionId);
    const document = change(current);
    if (document === undefined) return current;
    const result = await deps.endpoints.write(
      scope,
      stored === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: stored.etag },
    );
    if (result.ok) return document;
  }
  throw new Error(`The endpoint of ${subscriptionId} is being changed too often`);
}

/** What an attempt says of its receiver. */
interface Finding {
  readonly at: Date;
  readonly durationMs: number;
}

export async function noteSuccess(
  deps: Needs & Pick<Deps, 'outgoing'>,
  scope: Scope,
  subscriptionId: string,
  { at, durationMs }: Finding,
): Promise<void> {
  await noteEndpoint(deps, scope, subscriptionId, (current) => {
    const timed = withDuration(current, at.toISOString(), durationMs, deps.outgoing);
    const isNew = at.getTime() - Date.parse(current.lastSuccessAt ?? '1970-01-01') >= successNotedMs;
    const doesWell = current.circuit === 'closed' && current.consecutiveFailures === 0;
    return doesWell && !isNew && timed === current ? undefined : withSuccess(timed, at.toISOString());
  });
}

/**
 * Notes a failure, and returns what is known of the receiver then. Once it is left alone, those whose attempts were under way have nothing to add:
 * there may be many, and all would write the same document.
 *
 * @param askedMs for how long the receiver asked to be left alone
 */
export async function noteFailure(
  deps: Needs & Pick<Deps, 'outgoing'>,
  scope: Scope,
  subscriptionId: string,
  { at, durationMs }: Finding,
  askedMs: number,
): Promise<EndpointDocument> {
  return noteEndpoint(deps, scope, subscriptionId, (current) => {
    if (current.circuit === 'open') return undefined;
    const timed = withDuration(current, at.toISOString(), durationMs, deps.outgoing);
    return withFailure(timed, at.toISOString(), deps.outgoing, askedMs);
  });
}

/** Whether the receiver has been slow of late. */
export async function isSlowReceiver(
  deps: Needs & Pick<Deps, 'now'>,
  scope: Scope,
  subscriptionId: string,
): Promise<boolean> {
  const stored = await deps.endpoints.get(scope, { id: endpointIdOf(subscriptionId) });
  return stored !== undefined && isSlow(stored.document, deps.now());
}

/** Whether the receiver may be tried now. Who is told `probe` has been given the one try for which the others wait. */
export async function passCircuit(
  deps: Needs & Pick<Deps, 'now'>,
  scope: Scope,
  subscriptionId: string,
  probeMs: number,
): Promise<Passage> {
  const now = deps.now();
  let passage: Passage = { kind: 'go' };
  await noteEndpoint(deps, scope, subscriptionId, (current) => {
    passage = passageThrough(current, now);
    return passage.kind === 'probe' ? withProbe(current, now, probeMs) : undefined;
  });
  return passage;
}
