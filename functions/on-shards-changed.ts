import { onShardsChanged } from '../shared/use-cases/push/on-shards-changed.ts';
import { onChanges } from './on-changes.ts';

/** Wakes who writes shards to where they are lacking, and notes what they hold for people. */
onChanges('on-shards-changed', 'shards', onShardsChanged);
