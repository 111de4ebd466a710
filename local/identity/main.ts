import { parseArgs } from 'node:util';
import { startIdentity } from './server.ts';

const { values } = parseArgs({ options: { port: { type: 'string' }, 'data-dir': { type: 'string' } } });
if (values.port !== undefined && !/^\d{1,5}$/.test(values.port)) {
  throw new Error(`--port must be a whole number, not "${values.port}"`);
}

const identity = await startIdentity({
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
  ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void identity.close());
}
const { url, issuer, audience, jwksUri, homeTenantId, environment } = identity;
process.stdout.write(`${JSON.stringify({ ready: true, url, issuer, audience, jwksUri, homeTenantId, environment })}\n`);
