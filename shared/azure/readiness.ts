import type { Container } from '@azure/cosmos';
import type { SecretClient } from '@azure/keyvault-secrets';
import type { OpenContainer } from './cosmos-client.ts';
import type { Storage } from './storage.ts';

/** A document, queue and secret that nobody makes: asking for it costs next to nothing and shows that the service answers us. */
const absentName = 'readiness';

const containerNotFound = 1003;

/** The stores read what they wrote, also through other instances; an account that promises less makes no good ground. */
async function expectStrongReads(container: Container): Promise<void> {
  const { resource } = await container.database.client.getDatabaseAccount();
  const level = resource?.consistencyPolicy;
  if (level !== 'Strong')
    throw new Error(`The Cosmos account must have Strong consistency, not ${level ?? 'an unknown one'}`);
}

/** A cheap real call to each dependency; rejects when it does not answer, or not to us. */
export function readinessChecks(
  cosmos: OpenContainer,
  storage: Storage,
  keyVault: () => Promise<SecretClient>,
): Readonly<Record<'cosmos' | 'storage' | 'keyVault', () => Promise<void>>> {
  return {
    cosmos: async () => {
      const container = await cosmos('leases');
      const response = await container.item(absentName, absentName).read();
      if (response.statusCode === 404 && response.substatus === containerNotFound) {
        throw new Error('The Cosmos containers are not deployed');
      }
      await expectStrongReads(container);
    },
    storage: async () => {
      await (await storage.queues()).getQueueClient(absentName).exists();
    },
    keyVault: async () => {
      const client = await keyVault();
      await client.getSecret(absentName).catch((error: unknown) => {
        if ((error as { statusCode?: unknown }).statusCode !== 404) throw error;
      });
    },
  };
}
