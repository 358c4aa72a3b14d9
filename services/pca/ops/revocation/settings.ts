/** The revocation settings of an authority as requests give them, and the lists that follow from them. */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PcaDeps } from '../../deps.ts';
import {
  type Configuration,
  nextSettings,
  publishesLists,
  readSettings,
  shardOf,
  shardsOf,
} from '../../domain/revocation/settings.ts';
import type { AuthorityRow } from '../../domain/rows.ts';
import { own } from '../../store/authority-queries.ts';
import { insertLists, scheduleLists } from '../../store/revocation/list-queries.ts';
import { assignShard, unassignedRevocations } from '../../store/revocation/revocation-queries.ts';
import type { AnyCall } from '../authority-access.ts';

/** The column for what is asked for; `before`: what the authority has. */
export function settingsColumn(
  call: AnyCall,
  deps: PcaDeps,
  wanted: Configuration | undefined,
  before: string | null,
): string | null {
  if (wanted === undefined) return before;
  const next = nextSettings(wanted, readSettings(before), deps.installation);
  if (!next.ok) throw call.fail('InvalidArgs', next.problem);
  return JSON.stringify(next.settings);
}

type Authority = Pick<AuthorityRow, 'authority_id' | 'account_id' | 'certificate' | 'revocation'>;

/** In the transaction that changes the authority: there is a row for each list, due at once or never. */
export async function followSettings(tx: AnyTransaction, row: Authority, now: number): Promise<void> {
  const settings = readSettings(row.revocation);
  if (!settings?.lists) return;
  const { authority_id: authorityId, account_id: accountId } = row;
  await insertLists(tx, { authorityId, accountId }, shardsOf(settings.lists));
  for (const revoked of await unassignedRevocations(own(tx), authorityId)) {
    const shard = shardOf(Buffer.from(revoked.serial, 'hex'), revoked.is_authority === 1, settings.lists);
    if (shard === undefined) throw new ServiceError('Internal', `authority ${authorityId} has no lists`);
    await assignShard(tx, revoked, shard);
  }
  const isPublishing = publishesLists(settings) && row.certificate !== null;
  const store = settings.configuration.CrlConfiguration?.S3BucketName ?? null;
  await scheduleLists(tx, authorityId, { dueAt: isPublishing ? now : null, store });
}
