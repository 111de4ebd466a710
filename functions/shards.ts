import * as lineage from '../shared/contracts/lineage.ts';
import * as contract from '../shared/contracts/shards.ts';
import { endpoint } from '../shared/core/endpoint.ts';
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
);
