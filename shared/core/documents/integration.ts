import { z } from 'zod';
import { webhookHandshake, webhookIdentity, webhookVerification } from '../../contracts/webhooks.ts';

/** An integration with its connection, container `config`. The credential itself is in Key Vault; here is only which version holds. */
export const integrationDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('integration'),
  schemaVersion: z.literal(1),
  provider: z.string(),
  name: z.string(),
  settings: z.record(z.string(), z.json()),
  enabled: z.boolean(),
  /** Absent while not connected. `fence` moves forward with every change of credential. While it is `failing`, no run starts. */
  connection: z
    .strictObject({
      state: z.enum(['connected', 'failing']),
      kind: z.enum(['api-key', 'basic', 'bearer', 'none']),
      secretVersion: z.string().optional(),
      hint: z.string().optional(),
      fence: z.int(),
      connectedAt: z.string(),
      /** When the credential ends, as whoever connected said. */
      expiresAt: z.string().optional(),
      checkedAt: z.string().optional(),
      problem: z.string().optional(),
    })
    .optional(),
  /** How its webhooks are verified; absent while none are taken. */
  webhook: z
    .strictObject({
      verification: webhookVerification,
      /** Beyond the verification: where deliveries may come from. */
      sourceRanges: z.array(z.string()).optional(),
      identity: webhookIdentity.optional(),
      handshake: webhookHandshake.optional(),
      /** Versions in Key Vault, the newest first. The second one is of a rotation and holds until `endsAt`. */
      secrets: z
        .array(
          z.strictObject({
            version: z.string(),
            hint: z.string().optional(),
            addedAt: z.string(),
            endsAt: z.string().optional(),
          }),
        )
        .max(2),
      updatedAt: z.string(),
    })
    .optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type IntegrationDocument = z.infer<typeof integrationDocument>;
