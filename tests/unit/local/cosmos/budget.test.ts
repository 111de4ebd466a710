import { describe, expect, it } from 'vitest';
import { RetryLaterError } from '../../../../local/cosmos/errors.ts';
import { Budget, Budgets } from '../../../../local/cosmos/faults/budget.ts';

describe('a budget of request units', () => {
  it('lets in while anything is left, and says how long to wait for more', () => {
    let now = 0;
    const budget = new Budget(400, () => now);
    budget.admit();
    budget.spend(399);
    budget.admit();
    budget.spend(201);
    let wait = 0;
    try {
      budget.admit();
    } catch (error) {
      wait = (error as RetryLaterError).retryAfterMs;
      expect(error).toBeInstanceOf(RetryLaterError);
      expect(error).toMatchObject({ status: 429, substatus: 3200 });
    }
    expect(wait).toBe(500);
    now = wait - 1;
    expect(() => budget.admit()).toThrow('Request rate is large');
    now = wait + 1;
    budget.admit();
  });

  it('saves no more than one second', () => {
    let now = 0;
    const budget = new Budget(100, () => now);
    now = 60_000;
    budget.admit();
    budget.spend(101);
    expect(() => budget.admit()).toThrow('Request rate is large');
  });

  it('is that of the container, or the one its database shares', () => {
    const budgets = new Budgets();
    const database = { rid: 'd', throughput: 500 };
    const [own, shared] = [
      { rid: 'a', throughput: 400 },
      { rid: 'b', throughput: null },
    ];
    expect(budgets.of('offers', own, database)?.ruPerSecond).toBe(400);
    expect(budgets.of('offers', shared, database)?.ruPerSecond).toBe(500);
    expect(budgets.of('offers', { rid: 'c', throughput: null }, database)).toBe(budgets.of('offers', shared, database));
    expect(budgets.of('offers', shared, { rid: 'e', throughput: null })).toBeUndefined();
    expect(budgets.of(undefined, own, database)).toBeUndefined();
    expect(budgets.of(50, own, database)?.ruPerSecond).toBe(50);
  });
});
