import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { compileMatchRules } from '../../shared/core/identity/compile-match-rules.ts';
import { composeId } from '../../shared/core/ids.ts';
import { openStores } from '../contract/ports/cosmos-harness.ts';
import { applyPeople } from '../kit/identity-world.ts';
import { MemoryLog } from '../kit/memory-services.ts';
import { chaosRules, type IdentityPage } from './identity-people.ts';

/** Applies the pages that come in, one a line, and says which are done. Made to be killed. */
const [endpoint = '', key = ''] = process.argv.slice(2);
const log = new MemoryLog();
const deps = {
  ...openStores(endpoint, key, log),
  now: () => new Date(),
  newId: (kind: Parameters<typeof composeId>[0]) => composeId(kind, Date.now(), randomBytes(10)),
  log,
};
const matcher = compileMatchRules('contact', chaosRules);
await deps.due.listDue(new Date(0).toISOString(), 1);
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { page, fence } = JSON.parse(line) as { page: IdentityPage; fence: number };
  const sighting = { executionId: `exe_${page.index}`, page: page.index, fence };
  const counts = await applyPeople(deps, matcher, page.records, sighting, false);
  process.stdout.write(`${JSON.stringify({ index: page.index, counts })}\n`);
}
