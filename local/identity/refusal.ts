import { randomUUID } from 'node:crypto';
import type { HttpAnswer } from './http-answer.ts';

/** A request that OAuth refuses: `error` as in RFC 6749, the number as Entra's `AADSTS` codes. */
export class Refusal extends Error {
  readonly error: string;
  readonly code: number;
  readonly status: 400 | 401;

  constructor(error: string, code: number, reason: string, status: 400 | 401 = 400) {
    super(`AADSTS${code}: ${reason}`);
    this.name = 'Refusal';
    this.error = error;
    this.code = code;
    this.status = status;
  }
}

/** As the token endpoint answers it. */
export const answerRefusal = ({ status, error, code, message }: Refusal, nowMs: number): HttpAnswer => ({
  status,
  headers: { 'cache-control': 'no-store' },
  body: {
    error,
    error_description: message,
    error_codes: [code],
    timestamp: new Date(nowMs).toISOString(),
    trace_id: randomUUID(),
    correlation_id: randomUUID(),
  },
});
