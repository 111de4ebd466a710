import { z } from 'zod';

/** What a CRM does to what is written to it, besides storing it. */
export const QUIRKS = ['trims-texts', 'normalises-phones', 'drops-milliseconds', 'lower-cases-emails'] as const;
export type Quirk = (typeof QUIRKS)[number];

export const behaviourSchema = z.strictObject({
  /** They act on what is written from now on; what is there stays as it is. */
  quirks: z.array(z.enum(QUIRKS)).default([]),
  /** Whether a `POST` with an `Idempotency-Key` that was used before makes no second record. */
  idempotencyKeys: z.boolean().default(true),
  /** A field, dotted, of which no two live records of a type may have the same value. */
  uniqueField: z
    .string()
    .regex(/^[^.\s]+(\.[^.\s]+)*$/)
    .optional(),
});

export type Behaviour = z.infer<typeof behaviourSchema>;

/** The behaviour at this moment; it is replaced as a whole. */
export interface BehaviourSwitch {
  current: Behaviour;
  /** As it was at the start. */
  reset(): void;
}

export const createBehaviourSwitch = (initial: Partial<Behaviour> = {}): BehaviourSwitch => {
  const start = behaviourSchema.parse(initial);
  const behaviour: BehaviourSwitch = {
    current: start,
    reset: () => {
      behaviour.current = start;
    },
  };
  return behaviour;
};
