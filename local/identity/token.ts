import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { issueUserToken } from './access-token.ts';
import { openSigningKeys } from './signing-keys.ts';

const USAGE =
  'usage: npm run token -- --tenant NAME --role viewer|operator|admin [--subject NAME] [--audience URI] [--expires-in SECONDS] [--data-dir DIR]';
const ROLES = ['viewer', 'operator', 'admin'];

/** Prints a token, and nothing else, on stdout. Needs no running twin: only the keys in the data directory. */
const printToken = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      tenant: { type: 'string' },
      role: { type: 'string' },
      subject: { type: 'string' },
      audience: { type: 'string' },
      'expires-in': { type: 'string', default: '3600' },
      'data-dir': { type: 'string', default: fileURLToPath(new URL('../../.data', import.meta.url)) },
    },
  });
  const { tenant, role, subject, audience } = values;
  if (tenant === undefined || tenant === '') {
    throw new Error('--tenant is needed');
  }
  if (role === undefined || !ROLES.includes(role)) {
    throw new Error(`--role must be one of ${ROLES.join(', ')}`);
  }
  if (!/^[1-9]\d{0,8}$/.test(values['expires-in'])) {
    throw new Error('--expires-in must be a number of seconds');
  }
  const keys = await openSigningKeys(values['data-dir'], Date.now);
  const { token } = await issueUserToken(
    keys,
    {
      tenant,
      role,
      expiresInSeconds: Number(values['expires-in']),
      ...(subject === undefined ? {} : { subject }),
      ...(audience === undefined ? {} : { audience }),
    },
    Date.now(),
  );
  process.stdout.write(`${token}\n`);
};

try {
  await printToken();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
}
