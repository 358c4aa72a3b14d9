/** Records of what happens at outside CAs without a request: for whom it was asked, or for the service itself. */
import { serviceCaller } from '../../../../platform/client/transport.ts';
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { OutsideRecords } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import type { Requester } from '../../domain/outside/rows.ts';
import { KEPT_TYPE } from '../scm/kept-access.ts';
import { OUTSIDE_TYPE } from './authority-access.ts';

export type OutsideRecord = (typeof OutsideRecords)[keyof typeof OutsideRecords];
export type OutsideFacts = Omit<InputOf<typeof OutsideRecords.issued>, 'OutsideAuthorityArn'>;

/** After them the inventory has something new. */
const CHANGES: ReadonlySet<OutsideRecord> = new Set([OutsideRecords.issued, OutsideRecords.revoked]);

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
  const { account_id: accountId } = authority.row;
  const { CertificateArn } = facts;
  const changed = CertificateArn !== undefined && CHANGES.has(operation) ? [CertificateArn] : [];
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
    resources: [
      { ARN: authority.arn, accountId, type: OUTSIDE_TYPE },
      ...changed.map((ARN) => ({ ARN, accountId, type: KEPT_TYPE })),
    ],
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
