import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface StartOptions {
  /** Port of the API on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Data in a new folder that is removed at the end. */
  readonly ephemeral: boolean;
  /** Begin with an empty data folder. */
  readonly reset: boolean;
  /** One JSON line on stdout once everything is ready, and nothing else there. */
  readonly json: boolean;
  /** Set up the demo tenant and run its sync. */
  readonly demo: boolean;
  readonly crm: {
    readonly companies?: string;
    readonly contacts?: string;
    readonly deals?: string;
    readonly tickerMs: string;
  };
}

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export const usage = `npm start -- [--port N] [--data-dir DIR] [--ephemeral] [--reset] [--json] [--no-demo]
           [--companies N] [--contacts N] [--deals N] [--ticker MS]

  --port N        port of the API (7071 unless given; 0 takes a free one)
  --data-dir DIR  where data are kept (.data unless given)
  --ephemeral     keep no data
  --reset         begin with an empty data folder
  --json          print one line of JSON once all is ready: api, token, apiKey, tenantId, cosmos, storage, …
  --no-demo       start the services without the demo tenant and its sync
  --companies N, --contacts N, --deals N   size of the demo CRM
  --ticker MS     how often the demo CRM changes records (10000 unless given; 0 never)
`;

/** @throws TypeError that names what is wrong with the command line */
export function readOptions(args: readonly string[]): StartOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      port: { type: 'string', default: '7071' },
      'data-dir': { type: 'string', default: resolve(projectRoot, '.data') },
      ephemeral: { type: 'boolean', default: false },
      reset: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      demo: { type: 'boolean', default: true },
      companies: { type: 'string' },
      contacts: { type: 'string' },
      deals: { type: 'string' },
      ticker: { type: 'string', default: '10000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
    throw new TypeError(`--port must be 0 to 65535, not "${values.port}"`);
  return {
    port,
    dataDir: resolve(values['data-dir']),
    ephemeral: values.ephemeral,
    reset: values.reset,
    json: values.json,
    demo: values.demo,
    crm: {
      ...(values.companies === undefined ? {} : { companies: values.companies }),
      ...(values.contacts === undefined ? {} : { contacts: values.contacts }),
      ...(values.deals === undefined ? {} : { deals: values.deals }),
      tickerMs: values.ticker,
    },
  };
}
