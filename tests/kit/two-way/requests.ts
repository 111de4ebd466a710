import { AppError } from '../../../shared/core/app-error.ts';
import type { Attempt } from '../../../shared/core/route-input.ts';
import type { Deeds } from './deeds.ts';
import type { TwoWayWorld } from './world.ts';

/** What people ask the product for, as it is sent: one that got no answer may be sent once more. */
export class Requests {
  readonly #world: TwoWayWorld;
  readonly #deeds: Deeds;
  /** The last request, where nobody got an answer. */
  #unanswered: (() => Promise<void>) | undefined;

  constructor(world: TwoWayWorld, deeds: Deeds) {
    this.#world = world;
    this.#deeds = deeds;
  }

  /**
   * @param refusals codes for which it may be refused
   * @param isDone whether what was asked for then has been carried out
   */
  async send(
    refusals: readonly string[],
    request: (attempt: Attempt) => Promise<unknown>,
    isDone: (at: string) => boolean = () => false,
  ): Promise<void> {
    const at = this.#world.deps.now();
    const send = async (repeated: boolean): Promise<void> => {
      this.#unanswered = () => send(true);
      try {
        await request({ at, repeated });
      } catch (error) {
        if (!(error instanceof AppError && refusals.includes(error.code))) throw error;
        if (repeated && isDone(at.toISOString())) this.#deeds.denied.push(`${error.code} ${at.toISOString()}`);
      }
      this.#unanswered = undefined;
    };
    await send(false);
  }

  /** Sends the last request that got no answer once more. */
  async repeat(): Promise<void> {
    const request = this.#unanswered;
    this.#unanswered = undefined;
    return request?.();
  }
}
