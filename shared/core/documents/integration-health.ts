import { z } from 'zod';
import { health, healthReason } from '../../contracts/integration-health.ts';

/** How well an integration does, container `config`, written by the health monitor alone. */
export const integrationHealthDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('integration-health'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  health,
  /** When it came to be so. */
  since: z.string(),
  reasons: z.array(healthReason),
  checkedAt: z.string(),
  /** `since` of the health that was told as an event; another `since` is still to be told. */
  toldSince: z.string().optional(),
  /** The instant of the warning of the credential's end that was told as an event. */
  toldExpiry: z.string().optional(),
});

export type IntegrationHealthDocument = z.infer<typeof integrationHealthDocument>;

/** Its document's id: one an integration. */
export function healthIdOf(integrationId: string): string {
  return `health:${integrationId}`;
}
