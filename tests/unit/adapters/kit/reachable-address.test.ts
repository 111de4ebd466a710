import type * as dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardConnect, guardLookup } from '../../../../adapters/kit/guarded-connect.ts';
import { isReachableAddress } from '../../../../adapters/kit/reachable-address.ts';

const privateAddresses = [
  '10.0.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '100.127.255.255',
  '::1',
  'fd12:3456::1',
  'fc00::1',
];
const neverAddresses = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '168.63.129.16',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '3fff::1',
  '5f00::1',
  'fd00:ec2::254',
  '',
  'localhost',
  '127.1',
  '2130706433',
  '0x7f000001',
  '[::1]',
];
const publicAddresses = [
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '168.63.129.17',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00:1450:4001::1',
];

describe('isReachableAddress', () => {
  test.each(publicAddresses)('%s is public', (address) => {
    expect([isReachableAddress(address, false), isReachableAddress(address, true)]).toEqual([true, true]);
  });
  test.each(privateAddresses)('%s is private', (address) => {
    expect([isReachableAddress(address, false), isReachableAddress(address, true)]).toEqual([false, true]);
  });
  test.each(neverAddresses)('%s is never reachable', (address) => {
    expect([isReachableAddress(address, false), isReachableAddress(address, true)]).toEqual([false, false]);
  });
});

const privateV4 = fc.oneof(
  fc.tuple(fc.constantFrom(10, 127), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.integer({ min: 224, max: 255 }), fc.nat(255), fc.nat(255), fc.nat(255)),
);

/** Every way in which a URL can write an IPv4 address. */
const notations: readonly ((octets: readonly [number, number, number, number]) => string)[] = [
  ([a, b, c, d]) => `${a}.${b}.${c}.${d}`,
  ([a, b, c, d]) => `${a}.${b}.${c}.${d}.`,
  ([a, b, c, d]) => String(((a * 256 + b) * 256 + c) * 256 + d),
  ([a, b, c, d]) => `0x${(((a * 256 + b) * 256 + c) * 256 + d).toString(16)}`,
  ([a, b, c, d]) => `0${(((a * 256 + b) * 256 + c) * 256 + d).toString(8)}`,
  ([a, b, c, d]) => [a, b, c, d].map((octet) => `0${octet.toString(8)}`).join('.'),
  ([a, b, c, d]) => [a, b, c, d].map((octet) => `0x${octet.toString(16)}`).join('.'),
  ([a, b, c, d]) => `${a}.${(b * 256 + c) * 256 + d}`,
  ([a, b, c, d]) => `${a}.${b}.${c * 256 + d}`,
  ([a, b, c, d]) => [a, b, c, d].join('%2E'),
  ([a, b, c, d]) => [a, b, c, d].map((octet) => String(octet).replaceAll('1', '１')).join('。'),
  ([a, b, c, d]) => `[::ffff:${a}.${b}.${c}.${d}]`,
  ([a, b, c, d]) => `[::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}]`,
  ([a, b, c, d]) => `[0:0:0:0:0:FFFF:${a}.${b}.${c}.${d}]`,
  ([a, b, c, d]) => `[::${a}.${b}.${c}.${d}]`,
  ([a, b, c, d]) => `[64:ff9b::${a}.${b}.${c}.${d}]`,
  ([a, b, c, d]) => `[2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::1]`,
];

describe('guardConnect', () => {
  const connected: string[] = [];
  const connect = guardConnect((options) => connected.push(options.hostname), false);
  const tryHost = (hostname: string) =>
    new Promise<Error | null>((resolve) => {
      const before = connected.length;
      connect({ hostname, protocol: 'https:', port: '443' }, (...[error]) => resolve(error));
      if (connected.length > before) resolve(null);
    });

  test('no notation of an address inside the network is connected to', async () => {
    await fc.assert(
      fc.asyncProperty(privateV4, fc.constantFrom(...notations), async (octets, write) => {
        // The hostname as the HTTP client sees it: read by URL, without brackets.
        const hostname = new URL(`https://${write(octets)}/`).hostname.replaceAll(/[[\]]/g, '');
        expect((await tryHost(hostname))?.name).toBe('AddressRefused');
      }),
      { numRuns: 500 },
    );
    expect(connected).toEqual([]);
  });

  test('names and public addresses are let through, to the lookup', async () => {
    expect(await tryHost('8.8.8.8')).toBeNull();
    expect(await tryHost('crm.example')).toBeNull();
    expect(connected).toEqual(['8.8.8.8', 'crm.example']);
  });
});

describe('guardLookup', () => {
  type Answer = { error: Error | null; result: string | LookupAddress[] };
  const lookUp = async (answers: LookupAddress[][], options: { all?: boolean } = {}, allowPrivate = false) => {
    let asked = 0;
    const resolver = ((_host: string, _options: object, done: (error: null, found: LookupAddress[]) => void) => {
      done(null, answers[asked] ?? []);
      asked += 1;
    }) as unknown as typeof dns.lookup;
    const answer = await new Promise<Answer>((resolve) => {
      guardLookup(allowPrivate, resolver)('crm.example', options, (error, result) => resolve({ error, result }));
    });
    return { ...answer, asked };
  };
  const v4 = (address: string): LookupAddress => ({ address, family: 4 });

  test('hands over the addresses that it checked, and asks once (DNS rebinding)', async () => {
    expect(await lookUp([[v4('8.8.8.8')], [v4('127.0.0.1')]], { all: true })).toEqual({
      error: null,
      result: [v4('8.8.8.8')],
      asked: 1,
    });
    expect(await lookUp([[v4('8.8.8.8')], [v4('127.0.0.1')]])).toMatchObject({ result: '8.8.8.8', asked: 1 });
  });

  test('leaves out what is inside the network', async () => {
    const mixed = [v4('10.0.0.1'), v4('8.8.8.8'), { address: '::1', family: 6 }];
    expect(await lookUp([mixed], { all: true })).toMatchObject({ error: null, result: [v4('8.8.8.8')] });
    expect(await lookUp([mixed], { all: true }, true)).toMatchObject({ result: mixed });
  });

  test('fails where nothing is left', async () => {
    for (const inside of ['127.0.0.1', '169.254.169.254']) {
      expect((await lookUp([[v4(inside)]], { all: true })).error?.name).toBe('AddressRefused');
    }
    expect((await lookUp([[v4('169.254.169.254')]], { all: true }, true)).error?.name).toBe('AddressRefused');
    expect((await lookUp([[]])).error?.name).toBe('AddressRefused');
  });
});
