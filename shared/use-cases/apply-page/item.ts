import type { Outcome } from '../../core/counts.ts';
import type { LinkDocument } from '../../core/documents/link.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Claim } from '../../core/identity/compile-match-rules.ts';
import type { Observation } from '../../core/observation.ts';
import type { Deps, Stored } from '../../core/ports.ts';

export type Stores = Pick<
  Deps,
  | 'links'
  | 'shards'
  | 'pushLanes'
  | 'journal'
  | 'keys'
  | 'merges'
  | 'mergeCandidates'
  | 'shardImages'
  | 'due'
  | 'newId'
  | 'now'
  | 'log'
>;

/** One observation on its way through the page. */
export interface Item {
  observation: Observation;
  link: Stored<LinkDocument> | undefined;
  /** The link was created in this pass, for a shard that nobody has proposed before: it cannot be there yet. */
  fresh: boolean;
  shard: Stored<ShardDocument> | undefined;
  /** What the record claims under the match rules. */
  claims: readonly Claim[];
  /** The revision of the link's claims that this page made; entries of it are there already. */
  revision: number | undefined;
  /** What the shard write came to; stands even when settling the link takes another pass. */
  result: LinkDocument['last'] | undefined;
  outcome: Outcome | undefined;
  /** The outcome came with the link's last write: nothing of what was claimed on the way is left. */
  settled: boolean;
}

/** An item with the shard it belongs to: its link's, at the end of its forwarding. */
export interface Linked {
  readonly item: Item;
  readonly link: Stored<LinkDocument>;
  readonly shardId: string;
}

/** An item whose shard stands as it should, with the outcome to be kept on the link. */
export interface Placed extends Linked {
  readonly last: NonNullable<LinkDocument['last']>;
}

export function itemOf(observation: Observation): Item {
  return {
    observation,
    link: undefined,
    fresh: false,
    shard: undefined,
    claims: [],
    revision: undefined,
    result: undefined,
    outcome: undefined,
    settled: false,
  };
}
