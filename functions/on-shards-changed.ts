import { onShardsChanged } from '../shared/use-cases/push/on-shards-changed.ts';
import { onChanges } from './on-changes.ts';

/** Wakes who writes shards to where they are lacking. */
onChanges('on-shards-changed', 'shards', onShardsChanged);
