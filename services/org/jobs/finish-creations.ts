/**
 * Finishes accounts that were asked for. The row of the request is the journal: while it says IN_PROGRESS, iam is told
 * again (telling it twice changes nothing), and only then the account becomes active, in one commit with the row. So a
 * crash at any point leaves a request that the next turn finishes.
 */
import { ServiceError } from '../../../platform/contract/error.ts';
import { ORGANIZATION } from '../../../platform/runtime/change-hub.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { CreateAccountResult } from '../api/results.ts';
import type { OrgDeps } from '../deps.ts';
import { dropMembership, memberById, updateAccount } from '../store/accounts.ts';
import { finishCreation, unfinishedCreations } from '../store/creations.ts';
import type { CreationRow } from '../store/db.ts';
import { lockOrganization } from '../store/organization.ts';
import { recordResult } from './record-result.ts';

const BATCH = 100;

export const finishCreations: Job<OrgDeps> = {
  name: 'org-finish-creations',
  everyMs: 10_000,
  async run(deps) {
    for (const request of await unfinishedCreations(deps.store.read, BATCH)) await finishOne(deps, request);
  },
};

/** Begins without waiting for the turn of the job. */
export function finishCreationsSoon(deps: OrgDeps): void {
  deps.background.begin(finishCreations.name, () => finishCreations.run(deps));
}

async function finishOne(deps: OrgDeps, request: CreationRow): Promise<void> {
  const { account_id, organization_id } = request;
  const organization = await deps.store.read
    .selectFrom('organization')
    .selectAll()
    .where('organization_id', '=', organization_id)
    .executeTakeFirst();
  if (!organization) return;
  let failure: string | null = null;
  try {
    await deps.clients.iam.ProvisionAccount({
      AccountId: account_id,
      AccountName: request.account_name,
      ManagementAccountId: organization.management_account_id,
      ...(request.role_name !== null && { RoleName: request.role_name }),
    });
  } catch (error) {
    failure = reasonOf(error);
    // Whoever cannot be reached is asked again at the next turn.
    if (failure === null) {
      deps.log.warn({ requestId: request.request_id, err: String(error) }, 'account is not finished yet');
      return;
    }
  }
  await settle(deps, request, failure);
  deps.hub.publish(ORGANIZATION);
}

/** Null: it may succeed later. */
function reasonOf(error: unknown): string | null {
  if (!(error instanceof ServiceError)) return null;
  if (error.code === 'LimitExceeded') return 'ACCOUNT_LIMIT_EXCEEDED';
  if (error.code === 'Conflict') return 'CONCURRENT_ACCOUNT_MODIFICATION';
  return error.code === 'Validation' ? 'INTERNAL_FAILURE' : null;
}

async function settle(deps: OrgDeps, request: CreationRow, failure: string | null): Promise<void> {
  const { request_id, account_id, organization_id } = request;
  const now = deps.clock.now();
  await deps.store.transaction(async (tx) => {
    const organization = await lockOrganization(tx, organization_id);
    const account = organization && (await memberById(tx, organization_id, account_id));
    const done = await finishCreation(tx, request_id, {
      state: failure === null ? 'SUCCEEDED' : 'FAILED',
      failure_reason: failure,
      completed_at: now,
    });
    if (!done || !organization || account?.state !== 'PENDING_ACTIVATION') return;
    if (failure === null) {
      await updateAccount(tx, account_id, { state: 'ACTIVE', joined_at: now });
    } else {
      // Nobody has ever acted in it; the row stays, so that the id is not used again.
      await dropMembership(tx, account_id);
      await updateAccount(tx, account_id, { state: 'CLOSED', closed_at: now });
    }
    await recordResult(deps, tx, CreateAccountResult, organization, {
      CreateAccountRequestId: request_id,
      AccountId: account_id,
      State: failure === null ? 'SUCCEEDED' : 'FAILED',
      ...(failure !== null && { FailureReason: failure }),
    });
    await deps.store.bumpVersion(tx, {
      kind: 'account',
      objectId: account_id,
      accountId: organization.management_account_id,
    });
  });
}
