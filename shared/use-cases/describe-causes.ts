import type { z } from 'zod';
import type { writeCause } from '../contracts/causes.ts';
import type { Cause } from '../core/documents/cause.ts';
import type { LinkDocument } from '../core/documents/link.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

type WriteCause = z.infer<typeof writeCause>;

/** Causes as people are told, each with the record that was shown; one set of reads. In the order of the causes. */
export async function describeCauses(
  deps: Pick<Deps, 'links'>,
  scope: Scope,
  causes: readonly (Cause | undefined)[],
): Promise<(WriteCause | undefined)[]> {
  const linkIds = [...new Set(causes.flatMap((each) => each?.linkId ?? []))];
  const links = await deps.links.getMany(
    scope,
    linkIds.map((id) => ({ id })),
  );
  const byId = new Map(linkIds.map((id, index) => [id, links[index]?.document]));
  return causes.map((each) => each && describeCause(each, byId.get(each.linkId ?? '')));
}

function describeCause(
  { linkId: _linkId, restores: _restores, ...cause }: Cause,
  link: LinkDocument | undefined,
): WriteCause {
  if (link === undefined) return cause;
  const { integrationId, object, externalId } = link;
  return { ...cause, record: { integrationId, object, externalId } };
}
