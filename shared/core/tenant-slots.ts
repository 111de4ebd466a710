import type { TenantSlotsDocument } from './documents/tenant-slots.ts';

export const slotsId = 'slots';

/** The longest that a message without a place stays away, so that the wish for one outlasts it. */
const longestStayMs = 4500;
const shortestStayMs = 1500;

export interface Moment {
  readonly tenantId: string;
  readonly nowMs: number;
}

/** The document with a place for `holder` until `untilMs`, taken or kept; `undefined` when all places are held by others. */
export function takePlace(
  document: TenantSlotsDocument | undefined,
  { tenantId, nowMs }: Moment,
  { holder, untilMs, limit }: { readonly holder: string; readonly untilMs: number; readonly limit: number },
): TenantSlotsDocument | undefined {
  const others = heldAt(document, nowMs).filter((place) => place.holder !== holder);
  if (others.length >= limit) return undefined;
  const held = [...others, { holder, expiresAt: new Date(untilMs).toISOString() }];
  return { ...emptySlots(tenantId), ...document, held };
}

/** The document without the holder's place. */
export function leavePlace(document: TenantSlotsDocument, holder: string, nowMs: number): TenantSlotsDocument {
  return { ...document, held: heldAt(document, nowMs).filter((place) => place.holder !== holder) };
}

/** The document with the wish for a place; the same one while it holds the wish for longer than anybody stays away. */
export function wantPlace(document: TenantSlotsDocument, nowMs: number): TenantSlotsDocument {
  const wantedUntilMs = Date.parse(document.wantedUntil ?? '') || 0;
  if (wantedUntilMs >= nowMs + longestStayMs) return document;
  return { ...document, wantedUntil: new Date(nowMs + 2 * longestStayMs).toISOString() };
}

export function isWanted({ wantedUntil }: TenantSlotsDocument, nowMs: number): boolean {
  return wantedUntil !== undefined && Date.parse(wantedUntil) > nowMs;
}

/**
 * How long a message without a place stays away, in milliseconds.
 *
 * @param random uniform in [0, 1)
 */
export function stayMs(random: number): number {
  return Math.round(shortestStayMs + (longestStayMs - shortestStayMs) * random);
}

function heldAt(document: TenantSlotsDocument | undefined, nowMs: number): TenantSlotsDocument['held'] {
  return (document?.held ?? []).filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs);
}

function emptySlots(tenantId: string): TenantSlotsDocument {
  return { id: slotsId, tenantId, kind: 'slots', schemaVersion: 1, held: [] };
}
