/** From a request about an outside CA to its row, verified. One of another account does not exist. */
import type { AuthorizationTarget, Resolved } from '../../../../platform/runtime/call.ts';
import type { PcaDeps } from '../../deps.ts';
import { outsideAuthorityArn, parseOutsideArn } from '../../domain/outside/ref.ts';
import {
  type OutsideAuthorityRow,
  type OutsideSettings,
  outsideAuthorityRowBytes,
  type Registration,
} from '../../domain/outside/rows.ts';
import { guardedOutsideAuthority, readOutsideAuthority } from '../../store/outside/authority-queries.ts';
import type { AnyCall, Condition } from '../authority-access.ts';

export const OUTSIDE_TYPE = 'Parapet::PCA::OutsideAuthority';

export interface OutsideAuthority {
  row: OutsideAuthorityRow;
  settings: OutsideSettings;
  registered: Registration | undefined;
  arn: string;
}

export function readAuthority(deps: Pick<PcaDeps, 'settings'>, row: OutsideAuthorityRow): OutsideAuthority {
  const { partition, region } = deps.settings;
  return {
    row,
    settings: JSON.parse(row.settings) as OutsideSettings,
    registered: row.registered === '' ? undefined : (JSON.parse(row.registered) as Registration),
    arn: outsideAuthorityArn({ accountId: row.account_id, partition, region }, row.outside_authority_id),
  };
}

/** Undefined: there is none. */
export async function outsideAuthorityById(deps: PcaDeps, id: string): Promise<OutsideAuthority | undefined> {
  const row = await readOutsideAuthority(deps.store.read, id);
  if (!row) return undefined;
  await deps.guard.verify([guardedOutsideAuthority(row)]);
  if (row.outside_authority_id !== id)
    throw deps.guard.refuse(`outside authority ${id}`, 'the row is about another outside authority');
  return readAuthority(deps, row);
}

export async function sealedOutsideAuthority(
  deps: PcaDeps,
  row: Omit<OutsideAuthorityRow, 'row_mac'>,
): Promise<OutsideAuthorityRow> {
  const [row_mac] = await deps.guard.seal([outsideAuthorityRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

export async function resolveOutsideAuthority(
  call: AnyCall,
  deps: PcaDeps,
  arn: string,
  context: readonly Condition[] = [],
): Promise<Resolved<OutsideAuthority>> {
  const reference = parseOutsideArn(arn, deps.settings);
  if (!reference)
    throw call.fail('InvalidArn', `${arn} is no outside authority of this region`, {
      hint: 'ListOutsideAuthorities shows those of the account',
    });
  const targets: AuthorizationTarget[] = [
    { resource: arn, accountId: reference.accountId, ...(context.length > 0 && { context }) },
  ];
  const isOwn = reference.accountId === call.caller.accountId;
  const found = isOwn ? await outsideAuthorityById(deps, reference.outsideAuthorityId) : undefined;
  if (found?.row.account_id !== reference.accountId)
    return { targets, state: undefined as never, absent: missing(call, `outside authority ${arn}`, 'Authorities') };
  call.touches(arn, OUTSIDE_TYPE, found.row.account_id);
  return { targets, state: found };
}

export function missing(call: AnyCall, what: string, kind: 'Authorities' | 'Orders' | 'Certificates') {
  return call.fail('NotFound', `${what} does not exist`, { hint: `ListOutside${kind} shows those there are` });
}

export function outsideConflict(call: AnyCall, what: string) {
  return call.fail('Conflict', `${what} was changed at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}

export function showOutsideAuthority({ row, settings, registered, arn }: OutsideAuthority) {
  return {
    Arn: arn,
    Name: row.name,
    DirectoryUrl: row.directory_url,
    Contacts: [...settings.contacts],
    ...(registered && { AccountUrl: registered.accountUrl }),
    ...(settings.bindingKeyId !== null && { ExternalAccountKeyId: settings.bindingKeyId }),
    ...(settings.trust !== null && { TrustBundle: settings.trust }),
    TermsOfServiceAgreed: settings.termsAgreed,
    KeyThumbprint: row.thumbprint,
    CreatedAt: row.created_at,
  };
}
