import type { LeaseDocument } from '../core/documents/lease.ts';
import type { SyncPagesEnvelope } from '../core/envelope.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { renewSlot, type TenantSlot } from './tenant-slots.ts';

type Needs = Pick<Deps, 'leases' | 'now' | 'engine'>;

/**
 * The right to work on a task, as long as the lease is renewed. `fence` is higher than any holder's before, and not below the clock's
 * milliseconds: several tasks may read the same records, also one made after another was deleted, and their fences tell whose look was later.
 */
export interface Hold {
  readonly lease: Stored<LeaseDocument>;
  readonly fence: number;
  /** The place among the tenant's workers, from when the work begins. */
  readonly slot?: TenantSlot;
}

/** What is held: the lease of a task, for its run, or of a partition. */
export interface Held {
  readonly leaseId: string;
  readonly executionId: string;
}

/**
 * Takes the task for a new run.
 *
 * @returns the run that occupies the task: the given one, or the one that was first
 */
export async function occupyTask(
  deps: Needs,
  scope: Scope,
  taskId: string,
  executionId: string,
): Promise<{ executionId: string; expired: boolean }> {
  for (;;) {
    const stored = await deps.leases.get(scope, { id: taskId });
    const occupant = stored?.document.executionId;
    if (occupant !== undefined) {
      return { executionId: occupant, expired: isExpired(deps, stored?.document) };
    }
    const document: LeaseDocument = {
      id: taskId,
      tenantId: scope.tenantId,
      schemaVersion: 1,
      executionId,
      fence: stored?.document.fence ?? 0,
      expiresAt: inFuture(deps, deps.engine.leaseMs),
    };
    const result = await deps.leases.write(
      scope,
      stored === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: stored.etag },
    );
    if (result.ok) return { executionId, expired: false };
  }
}

/** Frees the task, if this run still occupies it. Repeating it does nothing. */
export async function freeTask(deps: Needs, scope: Scope, taskId: string, executionId: string): Promise<void> {
  for (;;) {
    const stored = await deps.leases.get(scope, { id: taskId });
    if (stored === undefined || stored.document.executionId !== executionId) return;
    const { id, tenantId, schemaVersion, fence } = stored.document;
    const document: LeaseDocument = { id, tenantId, schemaVersion, fence, expiresAt: deps.now().toISOString() };
    const result = await deps.leases.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (result.ok) return;
  }
}

/**
 * Takes the lease for a message. `busy`: another message works on the run, or was handed it. `send-again`: this very message handed over, and
 * what it handed over to may never have been sent. `not-ours`: the run does not occupy the task.
 */
export async function holdTask(
  deps: Needs,
  scope: Scope,
  message: Held & Pick<SyncPagesEnvelope, 'messageId'>,
): Promise<Hold | 'busy' | 'not-ours' | { sendAgain: string; untilMs: number }> {
  for (;;) {
    const stored = await deps.leases.get(scope, { id: message.leaseId });
    if (stored === undefined || stored.document.executionId !== message.executionId) return 'not-ours';
    const { holder, handedOverBy, expiresAt } = stored.document;
    if (holder !== undefined && holder !== message.messageId && !isExpired(deps, stored.document)) {
      if (handedOverBy !== message.messageId) return 'busy';
      return { sendAgain: holder, untilMs: Date.parse(expiresAt) - deps.engine.leaseMs };
    }
    const hold = await takeHold(deps, scope, stored, message.messageId);
    if (hold !== undefined) return hold;
  }
}

/** Takes a lease as it was seen, from whoever had it, under a higher fence; `undefined` when someone else was first. */
export async function takeHold(
  deps: Needs,
  scope: Scope,
  lease: Stored<LeaseDocument>,
  holder: string,
): Promise<Hold | undefined> {
  const { handedOverBy: _handedOverBy, ...rest } = lease.document;
  const document: LeaseDocument = {
    ...rest,
    holder,
    fence: Math.max(lease.document.fence + 1, deps.now().getTime()),
    expiresAt: inFuture(deps, deps.engine.leaseMs),
  };
  const result = await deps.leases.write(scope, { kind: 'replace', document, etag: lease.etag });
  return result.ok ? { lease: { document, etag: result.etag }, fence: document.fence } : undefined;
}

/**
 * Prolongs the lease, and the place among the tenant's workers, when less than half of it is left. `undefined` when it was taken over.
 *
 * @throws AppError `unavailable` when the place was lost
 */
export async function renewHold(
  deps: Needs & Pick<Deps, 'tenantSlots' | 'random'>,
  scope: Scope,
  held: Hold,
): Promise<Hold | undefined> {
  const hold = held.slot === undefined ? held : { ...held, slot: await renewSlot(deps, scope, held.slot) };
  const leftMs = Date.parse(hold.lease.document.expiresAt) - deps.now().getTime();
  if (leftMs > deps.engine.leaseMs / 2) return hold;
  const document = { ...hold.lease.document, expiresAt: inFuture(deps, deps.engine.leaseMs) };
  const result = await deps.leases.write(scope, { kind: 'replace', document, etag: hold.lease.etag });
  return result.ok ? { ...hold, lease: { document, etag: result.etag } } : undefined;
}

/**
 * Names the message that goes on with the run, before it is sent; the lease waits for it, `delayMs` and a lease's time longer.
 *
 * @returns false when the lease was taken over
 */
export async function handOver(
  deps: Needs,
  scope: Scope,
  hold: Hold,
  nextMessageId: string,
  delayMs: number,
): Promise<boolean> {
  const { holder, ...rest } = hold.lease.document;
  const document: LeaseDocument = {
    ...rest,
    holder: nextMessageId,
    ...(holder === undefined ? {} : { handedOverBy: holder }),
    expiresAt: inFuture(deps, delayMs + deps.engine.leaseMs),
  };
  const result = await deps.leases.write(scope, { kind: 'replace', document, etag: hold.lease.etag });
  return result.ok;
}

/** Lets go of the task without ending its run: whoever comes next may take it. */
export async function releaseHold(deps: Needs, scope: Scope, hold: Hold): Promise<void> {
  const { holder: _holder, handedOverBy: _handedOverBy, ...rest } = hold.lease.document;
  const document: LeaseDocument = { ...rest, expiresAt: deps.now().toISOString() };
  await deps.leases.write(scope, { kind: 'replace', document, etag: hold.lease.etag });
}

/**
 * Shows that this holder is alive, as `renewHold` does, for one who has only its name. False when another has the task.
 *
 * @param restMs how long it may be silent from now on
 */
export async function keepTask(
  deps: Needs,
  scope: Scope,
  { taskId, id }: { readonly taskId: string; readonly id: string },
  holder: string,
  restMs = 0,
): Promise<boolean> {
  for (;;) {
    const stored = await deps.leases.get(scope, { id: taskId });
    if (stored?.document.executionId !== id || stored.document.holder !== holder) return false;
    const leftMs = Date.parse(stored.document.expiresAt) - deps.now().getTime();
    if (leftMs > restMs + deps.engine.leaseMs / 2) return true;
    const document: LeaseDocument = { ...stored.document, expiresAt: inFuture(deps, restMs + deps.engine.leaseMs) };
    if ((await deps.leases.write(scope, { kind: 'replace', document, etag: stored.etag })).ok) return true;
  }
}

/** Lets go of the task, if this holder still has it. */
export async function releaseTask(
  deps: Needs,
  scope: Scope,
  { taskId, id }: { readonly taskId: string; readonly id: string },
  holder: string,
): Promise<void> {
  const stored = await deps.leases.get(scope, { id: taskId });
  if (stored?.document.executionId === id && stored.document.holder === holder)
    await releaseHold(deps, scope, { lease: stored, fence: stored.document.fence });
}

/** Whether someone works on the task's run, or is about to. */
export async function isHeld(deps: Needs, scope: Scope, taskId: string, executionId: string): Promise<boolean> {
  const lease = (await deps.leases.get(scope, { id: taskId }))?.document;
  return lease?.executionId === executionId && lease.holder !== undefined && !isExpired(deps, lease);
}

/**
 * Gives the run's task to a message that is about to be sent, whoever has it.
 *
 * @returns false when the run does not occupy the task
 */
export async function assignHold(
  deps: Needs,
  scope: Scope,
  { leaseId, executionId }: Held,
  messageId: string,
): Promise<boolean> {
  for (;;) {
    const stored = await deps.leases.get(scope, { id: leaseId });
    if (stored?.document.executionId !== executionId) return false;
    const { handedOverBy: _handedOverBy, ...rest } = stored.document;
    const document: LeaseDocument = { ...rest, holder: messageId, expiresAt: inFuture(deps, deps.engine.leaseMs) };
    if ((await deps.leases.write(scope, { kind: 'replace', document, etag: stored.etag })).ok) return true;
  }
}

function isExpired(deps: Needs, lease: LeaseDocument | undefined): boolean {
  return lease !== undefined && Date.parse(lease.expiresAt) <= deps.now().getTime();
}

function inFuture(deps: Needs, ms: number): string {
  return new Date(deps.now().getTime() + ms).toISOString();
}
