import * as contract from '../shared/contracts/shard-types.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { checkShardType } from '../shared/use-cases/check-shard-type.ts';
import { createShardType } from '../shared/use-cases/create-shard-type.ts';
import { deleteShardType } from '../shared/use-cases/delete-shard-type.ts';
import { getShardType } from '../shared/use-cases/get-shard-type.ts';
import { listShardTypeVersions } from '../shared/use-cases/list-shard-type-versions.ts';
import { listShardTypes } from '../shared/use-cases/list-shard-types.ts';
import { updateShardType } from '../shared/use-cases/update-shard-type.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listShardTypes, listShardTypes),
  endpoint(contract.createShardType, createShardType),
  endpoint(contract.getShardType, getShardType),
  endpoint(contract.updateShardType, updateShardType),
  endpoint(contract.deleteShardType, deleteShardType),
  endpoint(contract.listShardTypeVersions, listShardTypeVersions),
  endpoint(contract.checkShardType, checkShardType),
);
