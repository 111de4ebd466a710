/** How this deployment takes webhooks. */
export interface WebhookSettings {
  /** Where senders reach the app, without a slash at the end: some sign it. Absent where nobody said. */
  readonly publicUrl?: string | undefined;
  /** How many front ends append the address they were called from to `X-Forwarded-For`; what stands before those is the caller's own word. */
  readonly forwardingHops: number;
  /** The header in which the front end hands on client certificates, and which it takes from nobody else. Absent: none is believed. */
  readonly certificateHeader?: string | undefined;
}

/** What is longer is refused unread. */
export const maximumDeliveryBytes = 1_048_576;

/** The address that called the outermost trusted front end. */
export function sourceAddressOf(forwardedFor: string | undefined, hops: number): string | undefined {
  if (hops < 1) return undefined;
  const entry = (forwardedFor ?? '').split(',').at(-hops)?.trim() ?? '';
  const bracketed = /^\[([0-9a-f:.]+)\](?::\d+)?$/i.exec(entry)?.[1];
  const address = bracketed ?? entry.replace(/^([\d.]+):\d+$/, '$1');
  return address === '' ? undefined : address;
}
