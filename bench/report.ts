/** Prints a result for people, and with `--json` as one JSON object on the last line of stdout for programs. */
export function report(name: string, result: Readonly<Record<string, unknown>>): void {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  process.stdout.write(`${name}\n`);
  for (const [key, value] of Object.entries(result)) {
    if (Array.isArray(value)) {
      process.stdout.write(`  ${key}\n`);
      for (const row of value) process.stdout.write(`    ${describe(row)}\n`);
    } else {
      process.stdout.write(`  ${key}: ${describe(value)}\n`);
    }
  }
}

/** A note on the way; never on stdout, which belongs to the result. */
export function note(message: string): void {
  process.stderr.write(`${message}\n`);
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Nearest rank; `share` 0.95 is the 95th percentile. NaN for no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, field]) => `${key} ${typeof field === 'object' ? JSON.stringify(field) : field}`)
    .join('  ');
}
