import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Evidence, LiveSecret, Verdict } from '../../../../../shared/core/webhooks/evidence.ts';
import { verifyDelivery } from '../../../../../shared/core/webhooks/verify-delivery.ts';
import { type Sender, type SignedRequest, senders } from '../../../../kit/webhooks/signed-requests.ts';

const nowMs = Date.parse('2030-01-01T00:00:00.000Z');
const url = 'https://hooks.example/api/webhooks/int_1/acme';

interface Change {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array;
  readonly suffix?: string;
  readonly nowMs?: number;
  readonly secrets?: readonly LiveSecret[];
  readonly sourceRanges?: readonly string[];
  readonly sourceAddress?: string;
}

function signedBy(sender: Sender, secret = sender.secret): SignedRequest {
  return sender.request({ body: sender.body(1, secret), url, nowMs, secret, number: 1 });
}

function judge(sender: Sender, signed: SignedRequest, change: Change = {}): Verdict {
  const headers: Record<string, string | undefined> = { ...signed.headers, ...change.headers };
  const suffix = change.suffix ?? signed.suffix;
  const request: Evidence['request'] = {
    method: signed.method,
    url: url + suffix,
    path: new URL(url + suffix).pathname,
    search: suffix.replace(/^\?/, ''),
    header: (name) => headers[name],
    body: change.body ?? signed.body,
    sourceAddress: change.sourceAddress,
  };
  return verifyDelivery(
    { verification: sender.verification, sourceRanges: change.sourceRanges },
    {
      request,
      secrets: change.secrets ?? [{ which: 'current', value: sender.secret }],
      nowMs: change.nowMs ?? nowMs,
      claims: new Map(),
    },
  );
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  const place = bit >> 3;
  flipped[place] = (flipped[place] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

describe.each(senders)('$name', (sender) => {
  const signed = signedBy(sender);

  it('is accepted', () => {
    expect(judge(sender, signed)).toMatchObject({ verified: true, secret: 'current' });
  });

  if (sender.coversBody)
    it('is refused with any bit of the body flipped', () => {
      for (let bit = 0; bit < signed.body.length * 8; bit += 1) {
        expect([bit, judge(sender, signed, { body: flip(signed.body, bit) }).verified]).toEqual([bit, false]);
      }
      expect(judge(sender, signed, { body: Buffer.concat([signed.body, Buffer.from(' ')]) }).verified).toBe(false);
      expect(judge(sender, signed, { body: new Uint8Array() }).verified).toBe(false);
    });

  if (sender.proofs.length > 0)
    it('is refused with any bit of what proves it flipped', () => {
      for (const name of sender.proofs) {
        const value = Buffer.from(signed.headers[name] ?? '', 'latin1');
        expect(value.length).toBeGreaterThan(0);
        for (let bit = 0; bit < value.length * 8; bit += 1) {
          const changed = Buffer.from(flip(value, bit)).toString('latin1');
          const seen = [name, changed, judge(sender, signed, { headers: { [name]: changed } }).verified];
          // The scheme's name is the same in any case of letters (RFC 7235), and so it may stay.
          const isSame =
            sender.verification.kind === 'basic' &&
            /^basic /i.test(changed) &&
            changed.slice(6) === value.toString('latin1').slice(6);
          expect(seen).toEqual([name, changed, isSame]);
        }
      }
    });

  it('is refused with any of its proofs missing, empty or given twice', () => {
    for (const name of sender.proofs) {
      const value = signed.headers[name] ?? '';
      for (const changed of [undefined, '', ' ', `${value}, ${value}`, `${value},${value}`, `${value}x`]) {
        const verdict = judge(sender, signed, { headers: { [name]: changed } });
        expect([name, changed, verdict.verified]).toEqual([name, changed, false]);
      }
    }
    const none = Object.fromEntries(Object.keys(signed.headers).map((name) => [name, undefined]));
    const verdict = judge(sender, signed, { headers: none, body: Buffer.from('{}'), suffix: '' });
    expect(verdict.verified).toBe(false);
  });

  if (sender.timed)
    it('is refused when it is old, or from the future', () => {
      for (const minutes of [-60, -6, 6, 60]) {
        expect(judge(sender, signed, { nowMs: nowMs + minutes * 60_000 }).verified).toBe(false);
      }
      for (const seconds of [-50, 50])
        expect(judge(sender, signed, { nowMs: nowMs + seconds * 1000 }).verified).toBe(true);
    });

  it('is refused with another secret, and without any', () => {
    expect(judge(sender, signedBy(sender, sender.otherSecret)).verified).toBe(false);
    expect(judge(sender, signed, { secrets: [{ which: 'current', value: sender.otherSecret }] }).verified).toBe(false);
    expect(judge(sender, signed, { secrets: [] }).verified).toBe(false);
  });

  it('is accepted with either of two secrets while they are rotated, and says which', () => {
    const secrets = [
      { which: 'current', value: sender.otherSecret },
      { which: 'previous', value: sender.secret },
    ] as const;
    expect(judge(sender, signed, { secrets })).toMatchObject({ verified: true, secret: 'previous' });
    const other = signedBy(sender, sender.otherSecret);
    expect(judge(sender, other, { secrets })).toMatchObject({ verified: true, secret: 'current' });
  });

  it('also has to come from where it may', () => {
    const sourceRanges = ['192.0.2.0/24', '2001:db8::/32'];
    expect(judge(sender, signed, { sourceRanges, sourceAddress: '192.0.2.7' }).verified).toBe(true);
    expect(judge(sender, signed, { sourceRanges, sourceAddress: '192.0.3.7' }).verified).toBe(false);
    expect(judge(sender, signed, { sourceRanges }).verified).toBe(false);
  });
});

test('no sender is taken for another one', () => {
  for (const sender of senders) {
    for (const other of senders) {
      if (sender === other || sender.verification.kind === other.verification.kind) continue;
      const secrets = [{ which: 'current', value: other.secret }] as const;
      expect([sender.name, other.name, judge(sender, signedBy(other), { secrets }).verified]).toEqual([
        sender.name,
        other.name,
        false,
      ]);
    }
  }
});

test('nothing that anybody sends makes it throw, or is accepted without the secret', () => {
  const anyHeader = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .constantFrom('v0=', 'sha256=', 't=1893456000,v1=', 'v1,', 'v1a,', '')
      .map((prefix) => `${prefix}${'0'.repeat(64)}`),
  );
  const anyBody = fc
    .oneof(fc.json({ maxDepth: 2 }), fc.string({ maxLength: 40 }), fc.constant('<a><b></a>'))
    .map((text) => Buffer.from(text));
  fc.assert(
    fc.property(
      fc.constantFrom(...senders),
      anyHeader,
      anyBody,
      fc.string({ maxLength: 20 }),
      (sender, value, body, search) => {
        const signed = signedBy(sender);
        const names = [...sender.proofs, 'content-type'];
        const headers = Object.fromEntries(names.map((name) => [name, value]));
        expect(judge(sender, signed, { headers, body, suffix: `?${search}` }).verified).toBe(false);
      },
    ),
    { numRuns: 100 },
  );
});
