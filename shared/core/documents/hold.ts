import { z } from 'zod';

const affected = {
  /** The provider's object, and that of its links. */
  object: z.string(),
  feed: z.string(),
  shardTypeId: z.string(),
  /** How many would be affected, of how many. */
  records: z.int(),
  of: z.int(),
};

/** What was stopped. The first is carried out when it is approved; with the others a run waits in the midst of its pages. */
const heldAction = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('delete-missing'),
    ...affected,
    /** Where the links are listed: with the run or partition that compared them. */
    listedBy: z.string(),
    feedIndex: z.int(),
    batches: z.int(),
    digest: z.string(),
    /** Whatever was looked at with this fence or a later one has been seen since. */
    fence: z.int(),
    archives: z.boolean(),
    /** Batches that were worked on, and how many records were deleted. */
    done: z.int(),
    deleted: z.int(),
  }),
  z.strictObject({ kind: z.literal('delete-marked'), ...affected, archives: z.boolean() }),
  z.strictObject({
    kind: z.literal('overwrite-field'),
    ...affected,
    /** Dotted. */
    field: z.string(),
    /** What it would become; absent for nothing. */
    to: z.json().optional(),
  }),
]);

/**
 * An action that was stopped for approval, container `reviews`. `open` → `approved` → `done`, or `rejected`, `superseded`, `cancelled`. It names records,
 * and holds nothing of what they say.
 */
export const holdDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('hold'),
  schemaVersion: z.literal(1),
  state: z.enum(['open', 'approved', 'done', 'rejected', 'superseded', 'cancelled']),
  integrationId: z.string(),
  taskId: z.string(),
  executionId: z.string(),
  /** Names what is held, so that it is known again in another run. */
  signature: z.string(),
  action: heldAction,
  reason: z.string(),
  sample: z.array(z.strictObject({ shardId: z.string(), linkId: z.string() })),
  /** Why it came to nothing, in words. */
  problem: z.string().optional(),
  decidedBy: z.string().optional(),
  decidedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** What a person does not want, container `reviews`: its id is made of the hold's signature. */
export const holdRejectionDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('hold-rejection'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  taskId: z.string(),
  holdId: z.string(),
  at: z.string(),
});

export type HeldAction = z.infer<typeof heldAction>;
export type HoldDocument = z.infer<typeof holdDocument>;
export type HoldRejectionDocument = z.infer<typeof holdRejectionDocument>;

/** Where a rejection is kept. */
export function rejectionIdOf(signature: string): string {
  return `hold-rejection.${signature}`;
}
