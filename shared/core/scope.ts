import type { Role } from '../contracts/route.ts';

/** Who acts: a signed-in person or application, an API key, or the product itself (`system`). */
export interface Actor {
  readonly kind: 'user' | 'api-key' | 'system';
  readonly id: string;
  readonly role: Role;
}

/**
 * What every use-case and every store call carries. A store cannot be asked anything without one, and answers only what belongs to
 * its tenant. Made by `authenticate` from a verified token or key, and by `systemScope` from a parsed queue message.
 */
export interface Scope {
  readonly tenantId: string;
  readonly actor: Actor;
  /** W3C trace context of the request or message that caused the work. */
  readonly traceparent: string;
}

/** The product acting for a tenant: a timer or a queue message. */
export function systemScope(tenantId: string, actorId: string, traceparent: string): Scope {
  return { tenantId, actor: { kind: 'system', id: actorId, role: 'admin' }, traceparent };
}
