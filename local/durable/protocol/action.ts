import { z } from 'zod';

/** The numbers of durable-functions 3.5.0. Locks (13, 14) need schema V4, which this host does not offer. */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
} as const;

const retryOptions = z.object({
  firstRetryIntervalInMilliseconds: z.number(),
  maxNumberOfAttempts: z.number(),
  backoffCoefficient: z.number().nullish(),
  maxRetryIntervalInMilliseconds: z.number().nullish(),
  retryTimeoutInMilliseconds: z.number().nullish(),
});

const httpRequest = z.looseObject({
  method: z.string(),
  uri: z.string(),
  headers: z.record(z.string(), z.string()).nullish(),
  asynchronousPatternEnabled: z.boolean().default(true),
});

export type HttpRequest = z.infer<typeof httpRequest>;

const functionCall = { functionName: z.string(), input: z.unknown().optional() };
const subOrchestration = { ...functionCall, instanceId: z.string().nullish(), version: z.string().nullish() };
const entity = { instanceId: z.string(), operation: z.string(), input: z.unknown().optional() };

const simpleAction = [
  z.object({ actionType: z.literal(ActionType.CallActivity), ...functionCall }),
  z.object({ actionType: z.literal(ActionType.CallActivityWithRetry), ...functionCall, retryOptions }),
  z.object({ actionType: z.literal(ActionType.CallSubOrchestrator), ...subOrchestration }),
  z.object({ actionType: z.literal(ActionType.CallSubOrchestratorWithRetry), ...subOrchestration, retryOptions }),
  z.object({ actionType: z.literal(ActionType.ContinueAsNew), input: z.unknown().optional() }),
  z.object({
    actionType: z.literal(ActionType.CreateTimer),
    fireAt: z.string().transform((text) => Date.parse(text)),
    isCanceled: z.boolean().default(false),
  }),
  z.object({ actionType: z.literal(ActionType.WaitForExternalEvent), externalEventName: z.string() }),
  z.object({ actionType: z.literal(ActionType.CallEntity), ...entity }),
  z.object({ actionType: z.literal(ActionType.CallHttp), httpRequest }),
  z.object({ actionType: z.literal(ActionType.SignalEntity), ...entity }),
] as const;

type SimpleAction = z.infer<(typeof simpleAction)[number]>;
interface CompoundAction {
  readonly actionType: typeof ActionType.WhenAny | typeof ActionType.WhenAll;
  readonly compoundActions: readonly Action[];
}
/** What an orchestrator has asked for, one a `yield`. */
export type Action = SimpleAction | CompoundAction;

const action: z.ZodType<Action> = z.discriminatedUnion('actionType', [
  ...simpleAction,
  z.object({
    actionType: z.literal([ActionType.WhenAny, ActionType.WhenAll]),
    get compoundActions(): z.ZodArray<z.ZodType<Action>> {
      return z.array(action);
    },
  }),
]);

/** What the library returns of a replay, schema V2 and V3: one inner array with every action since the start. */
export const orchestratorState = z.object({
  isDone: z.boolean(),
  actions: z.tuple([z.array(action)]).transform(([inner]) => inner),
  output: z.unknown().optional(),
  error: z.string().nullish(),
  customStatus: z.unknown().optional(),
  failureDetails: z
    .looseObject({ ErrorType: z.string(), ErrorMessage: z.string() })
    .nullish()
    .transform((details) => details ?? undefined),
});

export type OrchestratorState = z.infer<typeof orchestratorState>;
