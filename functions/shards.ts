import * as lineage from '../shared/contracts/lineage.ts';
import * as contract from '../shared/contracts/shards.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createShard } from '../shared/use-cases/edit-shards/create-shard.ts';
import { deleteShard } from '../shared/use-cases/edit-shards/delete-shard.ts';
import { updateShard } from '../shared/use-cases/edit-shards/update-shard.ts';
import { getShard } from '../shared/use-cases/get-shard.ts';
import { explainField } from '../shared/use-cases/lineage/explain-field.ts';
import { getShardHistory } from '../shared/use-cases/lineage/get-shard-history.ts';
import { listShards } from '../shared/use-cases/list-shards.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listShards, listShards),
  endpoint(contract.getShard, getShard),
  endpoint(lineage.getShardHistory, getShardHistory),
  endpoint(lineage.explainField, explainField),
  endpoint(contract.createShard, createShard),
  endpoint(contract.updateShard, updateShard),
  endpoint(contract.deleteShard, deleteShard),
);
