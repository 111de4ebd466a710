import type { PostOutcome } from '../../shared/core/outgoing/next-step.ts';
import type { WebhookClient, WebhookPost } from '../../shared/core/ports.ts';
import type { Faults } from './faults.ts';

export interface ReceivedPost extends WebhookPost {
  readonly at: Date;
}

/** Receivers in memory: each POST is a durable step, answered as the test says. */
export class MemoryWebhookClient implements WebhookClient {
  readonly received: ReceivedPost[] = [];
  /** What a receiver answers; 200 unless a test says otherwise. */
  answer: (post: ReceivedPost) => PostOutcome | Promise<PostOutcome> = () => ({
    kind: 'answered',
    status: 200,
    durationMs: 5,
  });
  readonly #faults: Faults;
  readonly #now: () => Date;

  constructor(faults: Faults, now: () => Date) {
    this.#faults = faults;
    this.#now = now;
  }

  check(url: string): string | undefined {
    return url.startsWith('https:') ? undefined : 'must be https';
  }

  async post(request: WebhookPost): Promise<PostOutcome> {
    await this.#faults.enter('webhookClient', 'post', 1);
    const received: ReceivedPost = { ...request, at: this.#now() };
    return this.#faults.step(`webhookClient post ${request.url}`, () => {
      this.received.push(received);
      return this.answer(received);
    });
  }
}
