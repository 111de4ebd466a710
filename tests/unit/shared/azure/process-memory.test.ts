import { expect, test } from 'vitest';
import { ProcessMemory } from '../../../../shared/azure/process-memory.ts';

test('those who ask while one reads get the same; after it ended, or was forgotten, it is read anew', async () => {
  const memory = new ProcessMemory<string>(1000, () => 0);
  const reads: ((value: string) => void)[] = [];
  const read = () => new Promise<string>((resolve) => void reads.push(resolve));
  const first = [memory.share('a', read), memory.share('a', read)];
  const other = memory.share('b', read);
  memory.forget('a');
  const after = memory.share('a', read);
  expect(reads.length).toBe(3);
  for (const [index, resolve] of reads.entries()) resolve(`${index}`);
  expect(await Promise.all([...first, other, after])).toEqual(['0', '0', '1', '2']);
  const again = memory.share('a', read);
  expect(reads.length).toBe(4);
  reads[3]?.('3');
  expect(await again).toBe('3');
});

test('a read that fails fails for those who wait for it, and for nobody else', async () => {
  const memory = new ProcessMemory<string>(1000, () => 0);
  const fail = () => Promise.reject(new Error('down'));
  const both = await Promise.allSettled([memory.share('a', fail), memory.share('a', fail)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await memory.share('a', async () => 'up')).toBe('up');
});
