import * as contract from '../shared/contracts/tasks.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createTask } from '../shared/use-cases/create-task.ts';
import { deleteTask } from '../shared/use-cases/delete-task.ts';
import { getTask } from '../shared/use-cases/get-task.ts';
import { listTasks } from '../shared/use-cases/list-tasks.ts';
import { updateTask } from '../shared/use-cases/update-task.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listTasks, listTasks),
  endpoint(contract.createTask, createTask),
  endpoint(contract.getTask, getTask),
  endpoint(contract.updateTask, updateTask),
  endpoint(contract.deleteTask, deleteTask),
);
