import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import { isReachableAddress } from './reachable-address.ts';

/** The host is, or resolves to, an address that this deployment does not connect to. */
export class AddressRefused extends Error {
  constructor(host: string) {
    super(`${host} is not at a public address, and this deployment connects to public addresses only`);
    this.name = 'AddressRefused';
  }
}

/**
 * Makes connections to reachable addresses only. The check sits inside the connection: a name is resolved once and only the
 * addresses that passed are handed to the socket, so a name that changes its answer (DNS rebinding) gains nothing.
 */
export function guardConnect(connect: buildConnector.connector, allowPrivate: boolean): buildConnector.connector {
  return (options, callback) => {
    // A literal address is never looked up, so it is checked here.
    if (isIP(options.hostname) !== 0 && !isReachableAddress(options.hostname, allowPrivate)) {
      queueMicrotask(() => callback(new AddressRefused(options.hostname), null));
      return;
    }
    connect(options, callback);
  };
}

/** A `lookup` for `net.connect` that keeps the reachable addresses and fails with `AddressRefused` where none is left. */
export function guardLookup(allowPrivate: boolean, lookup: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const reachable = addresses.filter(({ address }) => isReachableAddress(address, allowPrivate));
      const [first] = reachable;
      if (first === undefined) callback(new AddressRefused(hostname), '', 0);
      else if (options.all === true) callback(null, reachable);
      else callback(null, first.address, first.family);
    });
  };
}
