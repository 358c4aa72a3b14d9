/** Records of what happens to certificates without a request. */
import type { RecordDraft } from '../../../../platform/audit/record.ts';
import { serviceCaller } from '../../../../platform/client/transport.ts';
import type { AnyOperation, InputOf } from '../../../../platform/contract/operation.ts';
import type { PcaDeps } from '../../deps.ts';
import { KEPT_TYPE } from '../../ops/scm/kept-access.ts';

export function recordOf<Op extends AnyOperation>(
  deps: PcaDeps,
  operation: Op,
  { accountId, arn, now }: { accountId: string; arn: string; now: number },
  input: InputOf<Op>,
): RecordDraft {
  return {
    eventId: deps.ids.uuidv7(),
    operation,
    caller: { ...serviceCaller('pca'), accountId },
    origin: {
      requestId: deps.ids.uuidv7(),
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/pca',
      receivedAt: now,
      protocol: 'internal',
    },
    now,
    input,
    resources: [{ ARN: arn, accountId, type: KEPT_TYPE }],
  };
}
