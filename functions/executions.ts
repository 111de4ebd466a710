import * as contract from '../shared/contracts/executions.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { getExecution } from '../shared/use-cases/get-execution.ts';
import { listExecutions } from '../shared/use-cases/list-executions.ts';
import { runTask } from '../shared/use-cases/run-task.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.runTask, runTask),
  endpoint(contract.listExecutions, listExecutions),
  endpoint(contract.getExecution, getExecution),
);
