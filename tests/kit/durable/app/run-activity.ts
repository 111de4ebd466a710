import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { ActivityInput, ActivityRun } from '../program.ts';

/** A line for each run, in a file that outlives the process; its beginning is what earlier processes did. */
const ledger = process.env['LEDGER_FILE'] ?? '';

const runs = new Map<string, number>();
const instances = new Map<string, Set<string>>();

if (ledger !== '' && existsSync(ledger)) {
  for (const line of readFileSync(ledger, 'utf8').split('\n'))
    if (line !== '') remember(JSON.parse(line) as ActivityRun);
}

function remember({ key, token }: ActivityRun): void {
  runs.set(`${key} ${token}`, (runs.get(`${key} ${token}`) ?? 0) + 1);
  const tokens = instances.get(key) ?? new Set();
  instances.set(key, tokens.add(token));
}

/** Writes down that it ran, takes its time, and fails as often as its input says. */
export async function runActivity(data: unknown): Promise<unknown> {
  const { key, token, place, outcome, value, ms } = data as ActivityInput;
  remember({ key, token });
  appendFileSync(ledger, `${JSON.stringify({ key, token })}\n`);
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  const ran = runs.get(`${key} ${token}`) ?? 0;
  const ranIn = instances.get(key)?.size ?? 0;
  const fails =
    outcome.kind === 'fail' ||
    (outcome.kind === 'fail-first' && ran <= outcome.failures) ||
    (outcome.kind === 'fail-first-instances' && ranIn <= outcome.failures);
  if (fails) throw new Error(`boom(${place})`);
  return value;
}
