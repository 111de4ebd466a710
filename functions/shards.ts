import * as contract from '../shared/contracts/shards.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { getShard } from '../shared/use-cases/get-shard.ts';
import { listShards } from '../shared/use-cases/list-shards.ts';
import { serve } from './serve.ts';

serve(endpoint(contract.listShards, listShards), endpoint(contract.getShard, getShard));
