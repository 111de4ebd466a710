import { announceShardChanges } from '../shared/use-cases/outgoing/announce-shard-change.ts';
import { onChanges } from './on-changes.ts';

/** Tells of shards that came to be or changed. */
onChanges('announce-shard-changes', 'shards', announceShardChanges);
