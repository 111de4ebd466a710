import { expect } from 'vitest';
import type { CrmAccess } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import type { CallOptions, CheckedAnswer } from './api-caller.ts';
import type { Json } from './api-description.ts';
import { type App, createTenant, type Tenant } from './start-app.ts';

/** Some contacts of the demo CRM have no job title. */
const jobTitle = { from: 'jobTitle', to: 'jobTitle', required: true };
const contactsWith = (field: typeof jobTitle) => ({
  objects: [{ object: 'contacts', shardTypeId: 'contact', fields: [field] }],
  pageSize: 5,
});

/** Sets contacts without a job title aside. */
export const strict = contactsWith(jobTitle);
/** Takes all contacts. */
export const lenient = contactsWith({ ...jobTitle, required: false });

export const hasEnded = (run: Json): boolean => run['finishedAt'] !== undefined;
export const hasRead = (run: Json): boolean => Number(run['pages']) > 0;

/** A tenant whose runs are followed and steered by a test. */
export class SteeredTenant {
  readonly tenant: Tenant;

  private constructor(tenant: Tenant) {
    this.tenant = tenant;
  }

  static async create(app: App, crm: CrmAccess, task: typeof strict): Promise<SteeredTenant> {
    return new SteeredTenant(await createTenant(app, 'Steered', crm, task));
  }

  get task(): { readonly integrationId: string; readonly taskId: string } {
    const { integrationId, taskId } = this.tenant;
    return { integrationId, taskId };
  }

  paramsOf(executionId: string, more: CallOptions['params'] = {}): Record<string, string> {
    return { integrationId: this.tenant.integrationId, executionId, ...more };
  }

  /** Whatever the API answers about a run. */
  send(id: string, executionId: string, options: CallOptions = {}): Promise<CheckedAnswer> {
    return this.tenant.admin.send(id, { ...options, params: this.paramsOf(executionId, options.params) });
  }

  call(id: string, executionId: string, options: CallOptions = {}): Promise<CheckedAnswer> {
    return this.tenant.admin.call(id, { ...options, params: this.paramsOf(executionId, options.params) });
  }

  /** As a dashboard would: one long poll after the other, until the run is as wanted. */
  async followUntil(executionId: string, wanted: (run: Json) => boolean): Promise<Json> {
    let after: string | undefined;
    for (let turn = 0; turn < 100; turn += 1) {
      const query = { waitSeconds: 10, ...(after === undefined ? {} : { after }) };
      const { json } = await this.call('followExecution', executionId, { query });
      const run = json['execution'] as Json;
      if (wanted(run)) return run;
      if (hasEnded(run)) throw new Error(`It ended: ${JSON.stringify(run)}`);
      after = String(json['version']);
    }
    throw new Error('The run did not become as wanted');
  }

  /** The id of a new run. The end of the run before comes just before its task is free. */
  async start(id: string, options: CallOptions): Promise<string> {
    const started = await pollUntil('A free task', async () => {
      const answer = await this.tenant.admin.send(id, options);
      return answer.status === 409 && answer.problem.code === 'already-running' ? undefined : answer;
    });
    expect([started.status, started.raw]).toEqual([202, started.raw]);
    return started.text('id');
  }

  run(): Promise<string> {
    return this.start('runTask', { params: this.task });
  }

  async runToEnd(): Promise<string> {
    const executionId = await this.run();
    await this.followUntil(executionId, hasEnded);
    return executionId;
  }

  /** All items of a list, page by page. */
  async walk(
    id: string,
    options: { readonly params?: Record<string, string>; readonly query?: Record<string, string | number> },
  ): Promise<Json[]> {
    const seen: Json[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const query: Record<string, string | number> = { ...options.query, ...(cursor === '' ? {} : { cursor }) };
      const page: CheckedAnswer = await this.tenant.admin.call(id, { ...options, query });
      seen.push(...page.items);
      cursor = page.json['nextCursor'] as string | undefined;
    }
    return seen;
  }
}
