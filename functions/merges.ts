import * as contract from '../shared/contracts/merges.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { acceptMergeCandidate } from '../shared/use-cases/merge-candidates/accept-merge-candidate.ts';
import { getMergeCandidate } from '../shared/use-cases/merge-candidates/get-merge-candidate.ts';
import { listMergeCandidates } from '../shared/use-cases/merge-candidates/list-merge-candidates.ts';
import { rejectMergeCandidate } from '../shared/use-cases/merge-candidates/reject-merge-candidate.ts';
import { getMerge } from '../shared/use-cases/merge-shards/get-merge.ts';
import { listMerges } from '../shared/use-cases/merge-shards/list-merges.ts';
import { mergeShard } from '../shared/use-cases/merge-shards/merge-shard.ts';
import { undoMerge } from '../shared/use-cases/merge-shards/undo-merge.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.mergeShard, mergeShard),
  endpoint(contract.listMerges, listMerges),
  endpoint(contract.getMerge, getMerge),
  endpoint(contract.undoMerge, undoMerge),
  endpoint(contract.listMergeCandidates, listMergeCandidates),
  endpoint(contract.getMergeCandidate, getMergeCandidate),
  endpoint(contract.acceptMergeCandidate, acceptMergeCandidate),
  endpoint(contract.rejectMergeCandidate, rejectMergeCandidate),
);
