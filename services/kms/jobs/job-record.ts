/** Records of what happens without a request. */
import type { RecordDraft } from '../../../platform/audit/record.ts';
import { serviceCaller } from '../../../platform/client/transport.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { KmsDeps } from '../deps.ts';

/** It belongs to the account of the key. */
export function jobRecord(
  deps: KmsDeps,
  operation: AnyOperation,
  key: { arn: string; accountId: string },
  input: Record<string, unknown>,
): RecordDraft {
  const resources = [{ ARN: key.arn, accountId: key.accountId, type: 'AWS::KMS::Key' }];
  return { ...installationRecord(deps, operation, key.accountId, input), resources };
}

/** It is about no resource of an account. */
export function installationRecord(
  deps: KmsDeps,
  operation: AnyOperation,
  accountId: string,
  input: Record<string, unknown>,
): RecordDraft {
  const now = deps.clock.now();
  return {
    eventId: deps.ids.uuidv7(),
    operation,
    caller: { ...serviceCaller('kms'), accountId },
    origin: {
      requestId: deps.ids.uuidv7(),
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/kms',
      receivedAt: now,
      protocol: 'internal',
    },
    now,
    input,
    resources: [],
  };
}
