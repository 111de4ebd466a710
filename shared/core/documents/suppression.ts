import { z } from 'zod';
import { idPrefixes } from '../../contracts/identifiers.ts';

/**
 * Records of a person who was erased, container `config`, by nothing but keyed hashes: whoever meets one skips it. The key is a secret of the tenant; without
 * it nobody can tell which records these are, nor whether one is among them.
 */
export const suppressionDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('suppression'),
  schemaVersion: z.literal(1),
  erasureId: z.string(),
  /** Of the key. */
  keyVersion: z.string(),
  hashes: z.array(z.string()),
  createdAt: z.string(),
});

export type SuppressionDocument = z.infer<typeof suppressionDocument>;

/** An erasure has one. */
export function suppressionIdOf(erasureId: string): string {
  return erasureId.replace(idPrefixes.erasure, idPrefixes.suppression);
}
