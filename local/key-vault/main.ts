import { parseArgs } from 'node:util';
import { startKeyVault } from './server.ts';

const { values } = parseArgs({
  options: { port: { type: 'string' }, 'data-dir': { type: 'string' }, 'jwks-uri': { type: 'string' } },
});
if (values.port !== undefined && !/^\d{1,5}$/.test(values.port)) {
  throw new Error(`--port must be a whole number, not "${values.port}"`);
}

const keyVault = await startKeyVault({
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
  ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
  ...(values['jwks-uri'] === undefined ? {} : { jwksUri: values['jwks-uri'] }),
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void keyVault.close());
}
const { url, certificatePath } = keyVault;
process.stdout.write(`${JSON.stringify({ ready: true, url, certificatePath })}\n`);
