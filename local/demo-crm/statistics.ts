interface StatisticsReport {
  /** By method and route, such as `GET /v1/contacts`. */
  readonly requests: Readonly<Record<string, number>>;
  /** By status; answers that were never sent count as `none`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Records and deletion markers in lists, by route. */
  readonly recordsServed: Readonly<Record<string, number>>;
}

/** What has been served since the start or the last reset; requests to `/admin` do not count. */
export interface Statistics {
  count(route: string, status: number | undefined, records: number): void;
  read(): StatisticsReport;
  clear(): void;
}

export const createStatistics = (): Statistics => {
  const requests = new Map<string, number>();
  const statuses = new Map<string, number>();
  const recordsServed = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string, amount: number): void => {
    counts.set(key, (counts.get(key) ?? 0) + amount);
  };
  return {
    count: (route, status, records) => {
      add(requests, route, 1);
      add(statuses, status === undefined ? 'none' : `${status}`, 1);
      if (records > 0) {
        add(recordsServed, route, records);
      }
    },
    read: () => ({
      requests: Object.fromEntries(requests),
      statuses: Object.fromEntries(statuses),
      recordsServed: Object.fromEntries(recordsServed),
    }),
    clear: () => {
      requests.clear();
      statuses.clear();
      recordsServed.clear();
    },
  };
};
