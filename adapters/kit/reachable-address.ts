import { BlockList, isIP } from 'node:net';

/**
 * IPv4 that no provider lives at, in any deployment: "this network", link-local with the cloud metadata services, Azure's own
 * platform address, protocol assignments, documentation, 6to4 relays, benchmarking, multicast, reserved and broadcast.
 * Source: IANA IPv4 special-purpose registry; 168.63.129.16 is Azure's virtual public address.
 */
const neverV4 = [
  ['0.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** IPv4 inside somebody's network: loopback, private use, carrier-grade NAT. */
const privateV4 = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const;

/** Within the only range of public IPv6 (2000::/3): protocol assignments with Teredo, documentation, 6to4. */
const neverV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** IPv6 inside somebody's network: loopback and unique local, without the addresses of AWS's metadata service. */
const privateV6 = [
  ['::1', 128],
  ['fc00::', 7],
] as const;

const metadataV6 = [['fd00:ec2::', 32]] as const;

const never = blockListOf(neverV4, [...neverV6, ...metadataV6]);
const inside = blockListOf(privateV4, privateV6);
const publicV6 = blockListOf([], [['2000::', 3]]);

/**
 * Whether a connection to this IP address may be made. Public addresses always; private ones (loopback, RFC 1918, carrier-grade
 * NAT, unique local) only where `allowPrivate`; link-local, metadata, multicast, documentation and every IPv6 form that wraps an
 * IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) never. What is not an IP address is not reachable.
 */
export function isReachableAddress(address: string, allowPrivate: boolean): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (never.check(address, family)) return false;
  if (inside.check(address, family)) return allowPrivate && !isWrappedV4(address, family);
  return family === 'ipv4' || publicV6.check(address, family);
}

/** `BlockList` looks through `::ffff:a.b.c.d` to the IPv4 rules; the wrapped form itself is never needed, so never reachable. */
function isWrappedV4(address: string, family: 'ipv4' | 'ipv6'): boolean {
  return family === 'ipv6' && !insideV6.check(address, family);
}

const insideV6 = blockListOf([], privateV6);

type Ranges = readonly (readonly [string, number])[];

function blockListOf(v4: Ranges, v6: Ranges): BlockList {
  const list = new BlockList();
  for (const [network, prefixLength] of v4) list.addSubnet(network, prefixLength, 'ipv4');
  for (const [network, prefixLength] of v6) list.addSubnet(network, prefixLength, 'ipv6');
  return list;
}
