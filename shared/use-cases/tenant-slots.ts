import { AppError } from '../core/app-error.ts';
import type { TenantSlotsDocument } from '../core/documents/tenant-slots.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { isWanted, leavePlace, slotsId, stayMs, takePlace, wantPlace } from '../core/tenant-slots.ts';

type Needs = Pick<Deps, 'tenantSlots' | 'now' | 'random' | 'engine'>;

/** The right to work for a tenant beside its other workers, as long as it is renewed. */
export interface TenantSlot {
  readonly holder: string;
  readonly expiresAtMs: number;
}

/**
 * Takes one of the tenant's places, so that one tenant's backfill leaves room for others. A message that is delivered again has its place still.
 *
 * @returns `undefined` when all are taken; the wish is noted, and whoever leaves a place queues up behind it
 */
export async function takeSlot(deps: Needs, scope: Scope, holder: string): Promise<TenantSlot | undefined> {
  for (;;) {
    const stored = await readSlots(deps, scope);
    const nowMs = deps.now().getTime();
    const expiresAtMs = nowMs + deps.engine.leaseMs;
    const wish = { holder, untilMs: expiresAtMs, limit: deps.engine.slicesPerTenant };
    const taken = takePlace(stored?.document, { tenantId: scope.tenantId, nowMs }, wish);
    if (taken !== undefined) {
      if (await writeSlots(deps, scope, stored, taken)) return { holder, expiresAtMs };
    } else if (stored !== undefined) {
      const wanted = wantPlace(stored.document, nowMs);
      if (wanted === stored.document || (await writeSlots(deps, scope, stored, wanted))) return undefined;
    }
  }
}

/**
 * Prolongs a place when less than half of its time is left.
 *
 * @throws AppError `unavailable` when it was lost and no other is free: the message is to be delivered again
 */
export async function renewSlot(deps: Needs, scope: Scope, slot: TenantSlot): Promise<TenantSlot> {
  if (slot.expiresAtMs - deps.now().getTime() > deps.engine.leaseMs / 2) return slot;
  const renewed = await takeSlot(deps, scope, slot.holder);
  if (renewed !== undefined) return renewed;
  throw new AppError('unavailable', { detail: 'A worker was still for so long that others have taken its place.' });
}

/**
 * Gives a place back. Repeating it does nothing.
 *
 * @returns how long the next message of the same run shall stay away, in milliseconds: 0, unless others wait for a place
 */
export async function leaveSlot(deps: Needs, scope: Scope, { holder }: Pick<TenantSlot, 'holder'>): Promise<number> {
  for (;;) {
    const stored = await readSlots(deps, scope);
    const nowMs = deps.now().getTime();
    if (stored === undefined) return 0;
    const stay = isWanted(stored.document, nowMs) ? stayMs(deps.random()) : 0;
    if (!stored.document.held.some((place) => place.holder === holder)) return stay;
    if (await writeSlots(deps, scope, stored, leavePlace(stored.document, holder, nowMs))) return stay;
  }
}

function readSlots(deps: Needs, scope: Scope): Promise<Stored<TenantSlotsDocument> | undefined> {
  return deps.tenantSlots.get(scope, { id: slotsId });
}

async function writeSlots(
  deps: Needs,
  scope: Scope,
  stored: Stored<TenantSlotsDocument> | undefined,
  document: TenantSlotsDocument,
): Promise<boolean> {
  const result = await deps.tenantSlots.write(
    scope,
    stored === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: stored.etag },
  );
  return result.ok;
}
