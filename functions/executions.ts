import * as details from '../shared/contracts/execution-details.ts';
import * as contract from '../shared/contracts/executions.ts';
import * as rollbacks from '../shared/contracts/rollbacks.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { cancelExecution } from '../shared/use-cases/cancel-execution.ts';
import { followExecution } from '../shared/use-cases/follow-execution.ts';
import { getExecution } from '../shared/use-cases/get-execution.ts';
import { listExecutionLogs, listFailed } from '../shared/use-cases/list-execution-details.ts';
import { listExecutions, listTenantExecutions } from '../shared/use-cases/list-executions.ts';
import { pauseExecution } from '../shared/use-cases/pause-execution.ts';
import { resumeExecution } from '../shared/use-cases/resume-execution.ts';
import { retryExecution } from '../shared/use-cases/retry-execution.ts';
import { retryFailedRecord } from '../shared/use-cases/retry-failed-record.ts';
import { listLeftRecords } from '../shared/use-cases/rollback/list-left-records.ts';
import { rollBackExecution } from '../shared/use-cases/rollback/roll-back-execution.ts';
import { runTask } from '../shared/use-cases/run-task.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.runTask, runTask),
  endpoint(contract.listExecutions, listExecutions),
  endpoint(contract.listTenantExecutions, listTenantExecutions),
  endpoint(contract.getExecution, getExecution),
  endpoint(contract.followExecution, followExecution),
  endpoint(contract.cancelExecution, cancelExecution),
  endpoint(contract.pauseExecution, pauseExecution),
  endpoint(contract.resumeExecution, resumeExecution),
  endpoint(contract.retryExecution, retryExecution),
  endpoint(rollbacks.rollBackExecution, rollBackExecution),
  endpoint(rollbacks.listLeftRecords, listLeftRecords),
  endpoint(details.listExecutionLogs, listExecutionLogs),
  endpoint(details.listFailedRecords, listFailed),
  endpoint(details.retryFailedRecord, retryFailedRecord),
);
