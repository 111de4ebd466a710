/** How events are delivered to subscriptions. One value for the whole deployment, read from configuration. */
export interface OutgoingSettings {
  /** Pause before each attempt, in milliseconds: the first after the event, the others after the attempt before. */
  readonly scheduleMs: readonly number[];
  /** For one attempt as a whole. */
  readonly timeoutMs: number;
  /** A receiver that took so long is slow: it is sent to apart from the others, so that it holds up none of them. */
  readonly slowMs: number;
  /** Failures in a row after which a receiver is left alone for a while … */
  readonly circuitFailures: number;
  /** … at first for so long, then for twice as long each time it fails again … */
  readonly circuitOpenMs: number;
  /** … but never for longer than this. */
  readonly circuitMaxOpenMs: number;
  /** A receiver that has failed for so long, without one success, is sent nothing more. */
  readonly disableAfterMs: number;
  /** How often what waits is looked after; a dispatch so long overdue has lost its message. */
  readonly sweepMs: number;
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** The schedule is the one that Standard Webhooks suggests. */
export const defaultOutgoingSettings: OutgoingSettings = {
  scheduleMs: [
    0,
    5 * secondMs,
    5 * minuteMs,
    30 * minuteMs,
    2 * hourMs,
    5 * hourMs,
    10 * hourMs,
    14 * hourMs,
    20 * hourMs,
    24 * hourMs,
  ],
  timeoutMs: 15 * secondMs,
  slowMs: 3 * secondMs,
  circuitFailures: 10,
  circuitOpenMs: 30 * secondMs,
  circuitMaxOpenMs: 30 * minuteMs,
  disableAfterMs: 5 * 24 * hourMs,
  sweepMs: minuteMs,
};
