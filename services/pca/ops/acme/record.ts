/** Records of what clients do: in the commit of the change, with the principal that their account acts for. */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { callerOf } from './account-rows.ts';
import { DIRECTORY_TYPE } from './directory-access.ts';
import type { Doing } from './order-rows.ts';

export type Recorded = Omit<InputOf<(typeof AcmeRecords)['orderCreated']>, 'DirectoryArn' | 'AcmeAccountId'>;

export function recordIn(
  deps: PcaDeps,
  tx: AnyTransaction,
  { directory, account, origin }: Doing,
  operation: (typeof AcmeRecords)[keyof typeof AcmeRecords],
  facts: Recorded,
): Promise<void> {
  const now = deps.clock.now();
  const requestId = deps.ids.uuidv7();
  return deps.recorder.appendIn(tx, {
    eventId: deps.ids.uuidv7(),
    operation,
    caller: callerOf(account),
    origin: origin ?? {
      requestId,
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/pca',
      receivedAt: now,
      protocol: 'internal',
    },
    now,
    input: { DirectoryArn: directory.arn, AcmeAccountId: account.acme_account_id, ...facts },
    resources: [{ ARN: directory.arn, accountId: account.account_id, type: DIRECTORY_TYPE }],
  });
}
