import * as contract from '../shared/contracts/match-rules.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createMatchRules } from '../shared/use-cases/match-rules/create-match-rules.ts';
import { deleteMatchRules } from '../shared/use-cases/match-rules/delete-match-rules.ts';
import { dryRunMatchRules } from '../shared/use-cases/match-rules/dry-run-match-rules.ts';
import { getMatchRules } from '../shared/use-cases/match-rules/get-match-rules.ts';
import { listMatchRuleVersions } from '../shared/use-cases/match-rules/list-match-rule-versions.ts';
import { listMatchRules } from '../shared/use-cases/match-rules/list-match-rules.ts';
import { updateMatchRules } from '../shared/use-cases/match-rules/update-match-rules.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listMatchRules, listMatchRules),
  endpoint(contract.createMatchRules, createMatchRules),
  endpoint(contract.getMatchRules, getMatchRules),
  endpoint(contract.updateMatchRules, updateMatchRules),
  endpoint(contract.deleteMatchRules, deleteMatchRules),
  endpoint(contract.listMatchRuleVersions, listMatchRuleVersions),
  endpoint(contract.dryRunMatchRules, dryRunMatchRules),
);
