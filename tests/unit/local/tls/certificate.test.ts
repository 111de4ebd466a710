import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate, openCertificate } from '../../../../local/tls/certificate.ts';

const NOW_MS = Date.UTC(2026, 5, 1, 12, 30, 15);
const DAY_MS = 86_400_000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificate-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('makeCertificate', () => {
  it('makes a certificate for the loopback names, signed by its key, that is no authority', () => {
    // The serial number and the signature's two numbers have random leading bits: many runs meet every length.
    for (let round = 0; round < 50; round += 1) {
      const { certificate, privateKey } = makeCertificate(NOW_MS);
      const parsed = new X509Certificate(certificate);
      expect(parsed.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
      expect(parsed.ca).toBe(false);
      expect(parsed.verify(parsed.publicKey)).toBe(true);
      expect(parsed.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
      expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1');
      expect(parsed.checkHost('example.com')).toBeUndefined();
      expect(parsed.validFromDate.getTime()).toBe(NOW_MS - DAY_MS);
      expect(parsed.validToDate.getTime()).toBe(NOW_MS + 365 * DAY_MS);
    }
  });
});

describe('openCertificate', () => {
  it('keeps a certificate until a month before its end', () => {
    const first = openCertificate(folder, NOW_MS);
    expect(openCertificate(folder, NOW_MS + 334 * DAY_MS)).toEqual(first);
    const renewed = openCertificate(folder, NOW_MS + 336 * DAY_MS);
    expect(renewed.certificate).not.toBe(first.certificate);
    expect(openCertificate(folder, NOW_MS + 337 * DAY_MS)).toEqual(renewed);
  });

  it('publishes the certificate without its key', async () => {
    const { certificate, certificatePath } = openCertificate(folder, NOW_MS);
    expect(await readFile(certificatePath, 'utf8')).toBe(certificate);
    expect(certificate).not.toContain('PRIVATE');
  });

  it('refuses a damaged file', async () => {
    await writeFile(join(folder, 'tls.pem'), 'nothing');
    expect(() => openCertificate(folder, NOW_MS)).toThrow('does not hold a certificate');
  });
});
