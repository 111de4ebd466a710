import { parseArgs } from 'node:util';
import { behaviourSchema } from './behaviour.ts';
import { type DemoCrmOptions, startDemoCrm } from './server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    'data-dir': { type: 'string' },
    seed: { type: 'string' },
    companies: { type: 'string' },
    contacts: { type: 'string' },
    deals: { type: 'string' },
    ticker: { type: 'string' },
    'api-key': { type: 'string' },
    /** `100/1000`: at most 100 requests in 1,000 ms. */
    'rate-limit': { type: 'string' },
    'retry-after': { type: 'string', default: 'seconds' },
    /** `trims-texts,drops-milliseconds` */
    quirks: { type: 'string' },
    'no-idempotency-keys': { type: 'boolean' },
    'unique-field': { type: 'string' },
  },
});

const readNumber = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) {
    throw new Error(`--${name} must be a whole number, not "${text}"`);
  }
  return Number(text);
};

const readRateLimit = (text: string): Pick<DemoCrmOptions, 'rateLimit'> => {
  const [requests = '', windowMs = ''] = text.split('/');
  const retryAfter = values['retry-after'];
  if (retryAfter !== 'seconds' && retryAfter !== 'date') {
    throw new Error('--retry-after must be seconds or date');
  }
  return {
    rateLimit: {
      requests: readNumber('rate-limit', requests),
      windowMs: readNumber('rate-limit', windowMs),
      retryAfter,
    },
  };
};

const numbers: { -readonly [Name in 'port' | 'seed' | 'companies' | 'contacts' | 'deals']?: number } = {};
for (const name of ['port', 'seed', 'companies', 'contacts', 'deals'] as const) {
  const text = values[name];
  if (text !== undefined) {
    numbers[name] = readNumber(name, text);
  }
}

const crm = await startDemoCrm({
  ...numbers,
  behaviour: behaviourSchema.parse({
    quirks: values.quirks?.split(','),
    idempotencyKeys: values['no-idempotency-keys'] !== true,
    uniqueField: values['unique-field'],
  }),
  ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
  ...(values['api-key'] === undefined ? {} : { apiKey: values['api-key'] }),
  ...(values.ticker === undefined ? {} : { tickerMs: readNumber('ticker', values.ticker) }),
  ...(values['rate-limit'] === undefined ? {} : readRateLimit(values['rate-limit'])),
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void crm.close());
}
process.stdout.write(`${JSON.stringify({ ready: true, url: crm.url, apiKey: crm.apiKey })}\n`);
