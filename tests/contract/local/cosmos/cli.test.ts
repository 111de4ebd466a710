import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, startAccount } from './account.ts';

const CLI = join(import.meta.dirname, '../../../../local/cosmos/cli.ts');

let account: Account;
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'cosmos-'));
  account = await startAccount({ dataDir });
  const { container } = await account.database.containers.create({ id: 'only', partitionKey: '/pk' });
  for (let n = 0; n < 3; n += 1) await container.items.create({ id: `${n}`, pk: n === 1 ? 'q' : 'p', n });
});
afterAll(async () => {
  await account.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function query(text: string, ...more: string[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'query', text, ...more]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

describe('the query command', () => {
  it('prints results a line each, of all partitions or of one', async () => {
    const at = ['--endpoint', account.server.endpoint];
    expect(await query('SELECT VALUE c.n FROM c ORDER BY c.n', ...at)).toEqual([0, 1, 2]);
    expect(await query('SELECT c.n FROM c', ...at, '--partition', '["p"]')).toEqual([{ n: 0 }, { n: 2 }]);
    const filter = ['--parameters', '{"@n": 0}', '--database', 'test', '--container', 'only'];
    expect(await query('SELECT VALUE c.id FROM c WHERE c.n > @n', ...at, ...filter)).toEqual(['1', '2']);
  });

  it('says what is wrong', async () => {
    const at = ['--endpoint', account.server.endpoint];
    await expect(query('SELECT', ...at)).rejects.toThrow('Syntax error');
    await expect(query('SELECT 1')).rejects.toThrow('Say where the data are');
    await expect(query('SELECT 1', ...at, '--database', 'none', '--container', 'c')).rejects.toThrow('not exist');
    await expect(query('SELECT 1', ...at, '--partition', 'p')).rejects.toThrow('--partition must be JSON');
  });

  it('opens the files of a server that does not run', async () => {
    await expect(query('SELECT VALUE COUNT(1) FROM c', '--data-dir', dataDir)).rejects.toThrow('locked');
    const other = mkdtempSync(join(tmpdir(), 'cosmos-'));
    const stopped = await startAccount({ dataDir: other });
    await stopped.database.containers.create({ id: 'only', partitionKey: '/pk' });
    await stopped.close();
    expect(await query('SELECT VALUE COUNT(1) FROM c', '--data-dir', other)).toEqual([0]);
    rmSync(other, { recursive: true, force: true });
  });
});
