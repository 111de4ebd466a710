/** What balancing needs to know of a lease. */
export interface OwnedLease {
  readonly id: string;
  /** Undefined when the lease is free: never taken, given back, or run out. */
  readonly owner: string | undefined;
}

/**
 * The leases that a host should take now, so that all hosts with leases end up with equally many: of the free ones as many
 * as it lacks; when none is free, one from the host that has most.
 * @param me the host's own name, which the leases that it works on bear
 */
export const leasesToTake = <Lease extends OwnedLease>(leases: readonly Lease[], me: string): readonly Lease[] => {
  const byOwner = new Map<string, Lease[]>([[me, []]]);
  const free: Lease[] = [];
  for (const lease of leases) {
    if (lease.owner === undefined) {
      free.push(lease);
    } else {
      byOwner.set(lease.owner, [...(byOwner.get(lease.owner) ?? []), lease]);
    }
  }
  const share = Math.ceil(leases.length / byOwner.size);
  const lacking = share - (byOwner.get(me)?.length ?? 0);
  if (lacking <= 0) {
    return [];
  }
  if (free.length > 0) {
    return free.slice(0, lacking);
  }
  const [richest = []] = [...byOwner.values()].sort((one, other) => other.length - one.length);
  // Who lacks only one takes it from a host above the share; who lacks more also from one that just has its share.
  return richest.length > share - (lacking > 1 ? 1 : 0) ? richest.slice(0, 1) : [];
};
