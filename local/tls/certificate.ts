import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bits,
  integer,
  objectIdentifier,
  octets,
  sequence,
  set,
  tagged,
  taggedPrimitive,
  text,
  time,
  yes,
} from './der.ts';

export interface ServerCertificate {
  /** PEM */
  readonly certificate: string;
  /** PEM */
  readonly privateKey: string;
  /** Where clients find the certificate, for `NODE_EXTRA_CA_CERTS`. */
  readonly certificatePath: string;
}

const DAY_MS = 86_400_000;
const VALID_DAYS = 365;
const RENEWED_BEFORE_DAYS = 30;

/** `tls.pem` holds certificate and key together, so that they cannot fall apart; `certificate.pem` is for clients. */
export const openCertificate = (folder: string, nowMs: number): ServerCertificate => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'tls.pem');
  const certificatePath = join(folder, 'certificate.pem');
  const kept = existsSync(path) ? splitPem(path, readFileSync(path, 'utf8')) : undefined;
  const isGood =
    kept !== undefined &&
    new X509Certificate(kept.certificate).validToDate.getTime() > nowMs + RENEWED_BEFORE_DAYS * DAY_MS;
  const pair = isGood ? kept : makeCertificate(nowMs);
  if (!isGood) {
    publish(path, pair.certificate + pair.privateKey, 0o600);
  }
  publish(certificatePath, pair.certificate, 0o644);
  return { ...pair, certificatePath };
};

const publish = (path: string, content: string, mode: number): void => {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, content, { mode, flag: 'wx' });
  renameSync(draft, path);
};

interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

const splitPem = (path: string, pem: string): CertificatePair => {
  const [certificate, privateKey] = pem.match(/-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----\n/g) ?? [];
  if (certificate === undefined || privateKey === undefined) {
    throw new Error(`${path} does not hold a certificate and its key; remove it to have a new one made`);
  }
  return { certificate, privateKey };
};

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';

/**
 * A certificate (X.509 v3, RFC 5280) for this machine's loopback names, signed by its own key. It is no authority: whoever
 * trusts it trusts this one server, nothing that its key could sign.
 */
export const makeCertificate = (nowMs: number): CertificatePair => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectIdentifier(COMMON_NAME), text('a service on this machine'))));
  // A first bit of 0 keeps the number positive, a second of 1 its length fixed.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name,
    sequence(time(nowMs - DAY_MS), time(nowMs + VALID_DAYS * DAY_MS)),
    name,
    publicKeyOf(privateKey),
    tagged(3, extensions()),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, algorithm, bits(signature));
  return {
    certificate: new X509Certificate(certificate).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

const publicKeyOf = (privateKey: KeyObject): Buffer =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'der' });

const extensions = (): Buffer =>
  sequence(
    sequence(
      objectIdentifier(SUBJECT_ALTERNATIVE_NAME),
      octets(
        sequence(
          taggedPrimitive(2, Buffer.from('localhost', 'ascii')),
          taggedPrimitive(7, Buffer.from([127, 0, 0, 1])),
          taggedPrimitive(7, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
        ),
      ),
    ),
    sequence(objectIdentifier(BASIC_CONSTRAINTS), yes(), octets(sequence())),
    sequence(objectIdentifier(EXTENDED_KEY_USAGE), octets(sequence(objectIdentifier(SERVER_AUTHENTICATION)))),
  );
