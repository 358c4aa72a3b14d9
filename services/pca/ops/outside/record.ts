/** Records of what happens at outside CAs without a request: for whom it was asked, or for the service itself. */
import { serviceCaller } from '../../../../platform/client/transport.ts';
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { OutsideRecords } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import type { Requester } from '../../domain/outside/rows.ts';
import { OUTSIDE_TYPE } from './authority-access.ts';

export type OutsideRecord = (typeof OutsideRecords)[keyof typeof OutsideRecords];
export type OutsideFacts = Omit<InputOf<typeof OutsideRecords.issued>, 'OutsideAuthorityArn'>;

export interface ToRecord {
  operation: OutsideRecord;
  authority: { arn: string; row: { account_id: string } };
  caller: Caller;
  facts: OutsideFacts;
}

export function recordOutside(
  deps: PcaDeps,
  tx: AnyTransaction,
  { operation, authority, caller, facts }: ToRecord,
): Promise<void> {
  const now = deps.clock.now();
  return deps.recorder.appendIn(tx, {
    eventId: deps.ids.uuidv7(),
    operation,
    caller,
    origin: {
      requestId: deps.ids.uuidv7(),
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/pca',
      receivedAt: now,
      protocol: 'internal',
    },
    now,
    input: { OutsideAuthorityArn: authority.arn, ...facts },
    resources: [{ ARN: authority.arn, accountId: authority.row.account_id, type: OUTSIDE_TYPE }],
  });
}

/** Whom a request is carried out for later. */
export function requesterColumn({ kind, arn, principalId, entityId, userName }: Caller): string {
  const requester: Requester = {
    kind,
    ...{ arn, principalId },
    ...(entityId !== undefined && { entityId }),
    ...(userName !== undefined && { userName }),
  };
  return JSON.stringify(requester);
}

/** This service, of its own accord. */
export const BY_ITSELF = '';

export function callerOfColumn(column: string, accountId: string): Caller {
  return column === BY_ITSELF ? serviceCaller('pca') : { ...(JSON.parse(column) as Requester), accountId };
}
