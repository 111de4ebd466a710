import { type EndpointDocument, endpointIdOf } from '../documents/subscription.ts';
import { later } from '../later.ts';
import type { OutgoingSettings } from './settings.ts';

type Circuit = EndpointDocument;
type CircuitSettings = Pick<
  OutgoingSettings,
  'circuitFailures' | 'circuitOpenMs' | 'circuitMaxOpenMs' | 'disableAfterMs'
>;

/** A receiver that was slow once is taken to be so for a while. */
const slowForMs = 300_000;

/** Of a receiver that was never tried, or is to be tried as if it never was. */
export function closedCircuit(tenantId: string, subscriptionId: string): Circuit {
  return {
    id: endpointIdOf(subscriptionId),
    tenantId,
    kind: 'endpoint',
    schemaVersion: 1,
    subscriptionId,
    circuit: 'closed',
    openings: 0,
    consecutiveFailures: 0,
  };
}

/** Whether a receiver may be tried: freely, by one delivery that finds out (`probe`), or not before an instant. */
export type Passage = { readonly kind: 'go' } | { readonly kind: 'probe' } | { readonly kind: 'wait'; until: string };

/** A probe that was not heard of until its time was over has died: another one may. */
export function passageThrough({ circuit, until }: Circuit, now: Date): Passage {
  if (circuit === 'closed') return { kind: 'go' };
  if (until !== undefined && Date.parse(until) > now.getTime()) return { kind: 'wait', until };
  return { kind: 'probe' };
}

export function withProbe(circuit: Circuit, now: Date, probeMs: number): Circuit {
  return { ...circuit, circuit: 'half-open', until: later(now, probeMs).toISOString() };
}

export function withSuccess(circuit: Circuit, at: string): Circuit {
  const { failingSince: _failingSince, until: _until, ...rest } = circuit;
  return { ...rest, circuit: 'closed', openings: 0, consecutiveFailures: 0, lastSuccessAt: at };
}

/**
 * The failure of a probe opens it again, for longer. One of an attempt that began before it opened changes no pause.
 *
 * @param askedMs for how long the receiver asked to be left alone, all of it
 */
export function withFailure(circuit: Circuit, at: string, settings: CircuitSettings, askedMs = 0): Circuit {
  const failed: Circuit = {
    ...circuit,
    consecutiveFailures: circuit.consecutiveFailures + 1,
    failingSince: circuit.failingSince ?? at,
    lastFailureAt: at,
  };
  if (circuit.circuit === 'open') return failed;
  const hasFailedOften = circuit.circuit === 'half-open' || failed.consecutiveFailures >= settings.circuitFailures;
  if (!hasFailedOften && askedMs <= 0) return failed;
  const openMs = hasFailedOften ? settings.circuitOpenMs * 2 ** Math.min(circuit.openings, 30) : 0;
  const pauseMs = Math.min(settings.circuitMaxOpenMs, Math.max(openMs, askedMs));
  return {
    ...failed,
    circuit: 'open',
    openings: circuit.openings + (hasFailedOften ? 1 : 0),
    until: later(new Date(at), pauseMs).toISOString(),
  };
}

/** Notes how long an attempt took. A receiver that is known to be slow is noted anew once a minute: its document would else be written each time. */
export function withDuration(
  circuit: Circuit,
  at: string,
  durationMs: number,
  { slowMs }: Pick<OutgoingSettings, 'slowMs'>,
): Circuit {
  const leftMs = Date.parse(circuit.slowUntil ?? at) - Date.parse(at);
  if (durationMs < slowMs || leftMs > slowForMs - 60_000) return circuit;
  return { ...circuit, slowUntil: later(new Date(at), slowForMs).toISOString() };
}

export function isSlow({ slowUntil }: Pick<Circuit, 'slowUntil'>, now: Date): boolean {
  return slowUntil !== undefined && Date.parse(slowUntil) > now.getTime();
}

/** Long enough and often enough that nobody is waiting for it any more. */
export function hasFailedLastingly(circuit: Circuit, at: string, settings: CircuitSettings): boolean {
  const { failingSince, consecutiveFailures } = circuit;
  if (failingSince === undefined || consecutiveFailures < settings.circuitFailures) return false;
  return Date.parse(at) - Date.parse(failingSince) >= settings.disableAfterMs;
}
