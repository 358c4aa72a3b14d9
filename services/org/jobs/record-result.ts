import { serviceCaller } from '../../../platform/client/transport.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { OrgDeps } from '../deps.ts';
import { accountArn } from '../domain/names.ts';
import type { OrganizationRow } from '../store/db.ts';

/** The record of what happened to an account without a request, in the commit that made it happen. */
export async function recordResult(
  deps: OrgDeps,
  tx: AnyTransaction,
  operation: AnyOperation,
  organization: OrganizationRow,
  input: { AccountId: string } & Record<string, unknown>,
): Promise<void> {
  const now = deps.clock.now();
  const { management_account_id: accountId, organization_id: organizationId } = organization;
  const scope = { partition: deps.settings.partition, managementAccountId: accountId, organizationId };
  await deps.recorder.appendIn(tx, {
    eventId: deps.ids.uuidv7(),
    operation,
    caller: { ...serviceCaller('org'), accountId },
    origin: {
      requestId: deps.ids.uuidv7(),
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/org',
      receivedAt: now,
      protocol: 'internal',
    },
    now,
    input,
    resources: [{ ARN: accountArn(scope, input.AccountId), accountId, type: 'AWS::Organizations::Account' }],
  });
}
