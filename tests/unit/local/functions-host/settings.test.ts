import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  expandSettings,
  isDisabled,
  readLocalSettings,
  storageConnection,
} from '../../../../local/functions-host/config/settings.ts';

test('%NAME% is replaced, any number of times', () => {
  expect(expandSettings('%A%-x-%B%', { A: 'one', B: 'two' })).toBe('one-x-two');
  expect(expandSettings('nothing', {})).toBe('nothing');
  expect(expandSettings('50%', {})).toBe('50%');
  expect(() => expandSettings('%A%', {})).toThrow(/"A", which is not set/);
});

test.each([
  [{ 'AzureWebJobs.f.Disabled': 'true' }, true],
  [{ AzureWebJobs__f__Disabled: '1' }, true],
  [{ 'AzureWebJobs.f.Disabled': 'TRUE' }, true],
  [{ 'AzureWebJobs.f.Disabled': 'false' }, false],
  [{ 'AzureWebJobs.g.Disabled': 'true' }, false],
])('%o: disabled is %s', (settings, expected) => {
  expect(isDisabled('f', settings)).toBe(expected);
});

test('a connection is the setting of its name, also with AzureWebJobs in front', () => {
  expect(storageConnection(undefined, { AzureWebJobsStorage: 'default' })).toBe('default');
  expect(storageConnection('Storage', { AzureWebJobsStorage: 'default' })).toBe('default');
  expect(storageConnection('Other', { Other: 'other', AzureWebJobsOther: 'prefixed' })).toBe('other');
  expect(() => storageConnection('Other', {})).toThrow(/"Other" is not set/);
  expect(() => storageConnection('Other', { Other__queueServiceUri: 'https://x' })).toThrow(/identity-based/);
});

describe('local.settings.json', () => {
  let folder: string;
  const warnings: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'settings-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const read = async (text: string) => {
    await writeFile(join(folder, 'local.settings.json'), text);
    return readLocalSettings(folder, (warning) => warnings.push(warning));
  };

  test('need not be there', async () => {
    expect(await readLocalSettings(folder, expect.fail)).toEqual({ values: {}, cors: undefined });
  });

  test('gives its values as texts', async () => {
    const text = '\uFEFF{ /* local */ "IsEncrypted": false, "Values": { "A": "a", "B": 1, "C": true, }, }';
    expect((await read(text)).values).toEqual({ A: 'a', B: '1', C: 'true' });
    expect((await read('{}')).values).toEqual({});
  });

  test('what else it holds is warned of by name', async () => {
    await read('{"Values": {}, "Host": {"LocalHttpPort": 7071}, "ConnectionStrings": {}}');
    expect(warnings.join()).toContain('"Host.LocalHttpPort" is ignored');
    expect(warnings.join()).toContain('"ConnectionStrings" is ignored');
  });

  test('says which origins may read answers', async () => {
    const { cors } = await read(
      '{"Host": {"CORS": "https://a.example/, http://localhost:3000", "CORSCredentials": true}}',
    );
    expect(cors).toEqual({ origins: ['https://a.example', 'http://localhost:3000'], allowsCredentials: true });
    await expect(read('{"Host": {"CORS": ["*"]}}')).rejects.toThrow(/Host\.CORS/);
    await expect(read('{"Host": {"CORS": "*", "CORSCredentials": true}}')).rejects.toThrow(/CORSCredentials/);
  });

  test('is refused when it is wrong, with the reason', async () => {
    await expect(read('{"IsEncrypted": true}')).rejects.toThrow(/encrypted/);
    await expect(read('{"Values": {"A": {}}}')).rejects.toThrow(/"A"/);
    await expect(read('{"Values": []}')).rejects.toThrow(/not an object/);
    await expect(read('{\n\n"Values": }')).rejects.toThrow(/line 3/);
    await expect(read('[]')).rejects.toThrow(/not a JSON object/);
  });
});
