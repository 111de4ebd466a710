import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QueueServiceClient } from '@azure/storage-queue';
import { expect, test } from 'vitest';
import { startAzurite } from '../../../local/azurite.ts';
import { readyJsonLine, spawnReady } from '../../../local/child-process.ts';

const readReady = readyJsonLine((value) => value as { ready: true; answer: number });

test('the storage SDK works against it and data on disk survive a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'azurite-test-'));
  try {
    const first = await startAzurite({ dataDir });
    const queue = QueueServiceClient.fromConnectionString(first.connectionString).getQueueClient('orders');
    await queue.create();
    await queue.sendMessage('kept');
    await first.close();
    expect(await first.exited).toMatchObject({ code: 0 });

    const second = await startAzurite({ dataDir });
    const again = QueueServiceClient.fromConnectionString(second.connectionString).getQueueClient('orders');
    const { receivedMessageItems } = await again.receiveMessages();
    expect(receivedMessageItems.map((item) => item.messageText)).toEqual(['kept']);
    await second.close();
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

test('a taken port is an error that says so', async () => {
  const first = await startAzurite();
  const taken = Number(new URL(first.queueUrl).port);
  await expect(startAzurite({ queuePort: taken })).rejects.toThrow(/Azurite did not start[\s\S]*EADDRINUSE/);
  await first.close();
});

test('a child is ready when it says so and stops when asked', async () => {
  const script = 'console.log("noise");console.log(JSON.stringify({ready:true,answer:42}));setInterval(()=>{},1000)';
  const child = await spawnReady(process.execPath, ['-e', script], { readLine: readReady });
  expect(child.ready.answer).toBe(42);
  expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a child that ends early rejects with its stderr', async () => {
  const script = 'console.error("no such setting: X");process.exitCode=3';
  await expect(spawnReady(process.execPath, ['-e', script], { readLine: readReady })).rejects.toThrow(
    /exit code 3[\s\S]*no such setting: X/,
  );
});

test('a command that does not exist rejects', async () => {
  await expect(spawnReady('/nowhere/at-all', [], { readLine: readReady })).rejects.toThrow(/ENOENT/);
});

test('a child ends when its parent is killed', async () => {
  const childProcess = new URL('../../../local/child-process.ts', import.meta.url).href;
  const grandchild = 'console.log(JSON.stringify({ready:true,answer:process.pid}));setInterval(()=>{},1000)';
  const parent = `import { spawnReady, readyJsonLine } from ${JSON.stringify(childProcess)};
    const child = await spawnReady(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { readLine: readyJsonLine((v) => v) });
    console.log(JSON.stringify(child.ready));`;
  const started = await spawnReady(process.execPath, ['--input-type=module', '-e', parent], { readLine: readReady });
  const pid = started.ready.answer;
  expect(isAlive(pid)).toBe(true);
  await started.stop('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 40_000 }).toBe(false);
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
