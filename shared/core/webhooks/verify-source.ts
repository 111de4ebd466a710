import { X509Certificate } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { type Evidence, refuse, type Verdict } from './evidence.ts';

/** The sender's address is within one of the ranges. */
export function verifyAddress(ranges: readonly string[], { request }: Pick<Evidence, 'request'>): Verdict {
  const address = request.sourceAddress;
  if (address === undefined) return refuse("the sender's address is not known");
  if (!isWithin(address, ranges)) return refuse("the sender's address is not within the ranges");
  return { verified: true, detail: 'source address' };
}

function isWithin(address: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const source = ipaddr.process(address);
  return ranges.some((range) => {
    const [network, prefixLength] = range.includes('/') ? ipaddr.parseCIDR(range) : wholeAddress(range);
    return network.kind() === source.kind() && source.match(network, prefixLength);
  });
}

function wholeAddress(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** The front end took this client certificate in the TLS handshake: it is in its time, and one of those that were named. */
export function verifyCertificate(fingerprints: readonly string[], { request, nowMs }: Evidence): Verdict {
  if (request.certificate === undefined) return refuse('there is no client certificate');
  const certificate = parseCertificate(request.certificate);
  if (certificate === undefined) return refuse('the client certificate cannot be read');
  const isInTime = Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo);
  if (!isInTime) return refuse('the client certificate is not in its time');
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  if (!fingerprints.includes(fingerprint)) return refuse('the client certificate is not one of those named');
  return { verified: true, detail: 'client certificate' };
}

/** As App Service hands it on (base64 of DER), or as PEM, percent-encoded as other front ends do. */
function parseCertificate(value: string): X509Certificate | undefined {
  try {
    const text = value.includes('%') ? decodeURIComponent(value) : value;
    return new X509Certificate(text.startsWith('-----BEGIN') ? text : Buffer.from(text, 'base64'));
  } catch {
    return undefined;
  }
}
