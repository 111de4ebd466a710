import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openSigningKeys } from './signing-keys.ts';

/** Makes a new signing key current; a running issuer takes it up at once. Prints the key's id. */
const { values } = parseArgs({
  options: { 'data-dir': { type: 'string', default: fileURLToPath(new URL('../../.data', import.meta.url)) } },
});
const keys = await openSigningKeys(values['data-dir'], Date.now);
process.stdout.write(`${await keys.rotate()}\n`);
