import { CreateAccount, DescribeCreateAccountStatus, ListCreateAccountStatus } from '../../api/accounts.ts';
import type { OrgDeps } from '../../deps.ts';
import { accountArn, emailKey } from '../../domain/names.ts';
import { tagRecord } from '../../domain/tags.ts';
import { finishCreationsSoon } from '../../jobs/finish-creations.ts';
import { accountById, emailTaken } from '../../store/accounts.ts';
import { creationById, insertCreation, listCreations } from '../../store/creations.ts';
import type { CreationRow } from '../../store/db.ts';
import { organizationChange } from '../changes.ts';
import { newRequestId } from '../ids.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { EVERYTHING, inOrganization, wholeOrganization } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { aboutNode } from '../targets.ts';
import { nodeNow } from '../units/unit-changes.ts';
import { beginAccount, requireRoomToMake } from './account-changes.ts';

const STATES = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED'] as const;

export function showCreation(row: CreationRow) {
  return {
    Id: row.request_id,
    AccountName: row.account_name,
    State: row.state,
    RequestedTimestamp: row.requested_at,
    ...(row.completed_at !== null && { CompletedTimestamp: row.completed_at }),
    ...(row.state === 'SUCCEEDED' && { AccountId: row.account_id }),
    ...(row.failure_reason !== null && { FailureReason: row.failure_reason as 'INTERNAL_FAILURE' }),
  };
}

/**
 * The account is in the tree from the first moment, pending, so that guardrails bind it before anybody can act in it.
 * What iam has to do follows as a job; the row of the request is its journal.
 */
export const createAccount = implement(CreateAccount, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const requestTags = tagRecord(input.Tags ?? []);
      const parentId = input.ParentId ?? standing.organization.root_id;
      const { state, absent } = await aboutNode(call, deps, standing, parentId, 'ParentNotFound');
      return { targets: [{ ...EVERYTHING, requestTags }], state, absent };
    }),
  async run(call, input, { organization, scope, found }, deps) {
    const { organization_id } = organization;
    requireTags(call, deps, input.Tags ?? [], []);
    const accountId = await reserveAccountId(deps);
    call.touches(accountArn(scope, accountId), 'AWS::Organizations::Account', organization.management_account_id);
    const request: CreationRow = {
      request_id: newRequestId(deps),
      organization_id,
      account_id: accountId,
      account_name: input.AccountName,
      role_name: input.RoleName ?? null,
      state: 'IN_PROGRESS',
      failure_reason: null,
      requested_at: call.now,
      completed_at: null,
    };
    const changed = { kind: 'account', objectId: accountId };
    const made = organizationChange(deps, call, organization, changed, async (at) => {
      await requireRoomToMake(at);
      if (await emailTaken(at.tx, emailKey(input.Email))) {
        const failed = {
          ...request,
          state: 'FAILED',
          failure_reason: 'EMAIL_ALREADY_EXISTS',
          completed_at: call.now,
        } as const;
        await insertCreation(at.tx, failed);
        return { CreateAccountStatus: showCreation(failed) };
      }
      const { node_id: parentId } = await nodeNow(at, found.node_id, 'ParentNotFound');
      await beginAccount(at, request, { email: input.Email, parentId, tags: input.Tags ?? [] });
      return { CreateAccountStatus: showCreation(request) };
    });
    return {
      ...made,
      after() {
        made.after?.();
        finishCreationsSoon(deps);
      },
    };
  },
});

/** An id that neither the organization nor iam knows. */
export async function reserveAccountId(deps: OrgDeps): Promise<string> {
  for (;;) {
    const accountId = deps.ids.digits(12);
    if (await accountById(deps.store.read, accountId)) continue;
    const { Accounts } = await deps.clients.iam.DescribeAccounts({ AccountIds: [accountId], Emails: [] });
    if (Accounts.length === 0) return accountId;
  }
}

export const describeCreateAccountStatus = implement(DescribeCreateAccountStatus, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async ({ organization }) => {
      const id = input.CreateAccountRequestId;
      const row = await creationById(deps.store.read, organization.organization_id, id);
      return {
        targets: [EVERYTHING],
        state: row as CreationRow,
        absent: row ? undefined : call.fail('CreateAccountStatusNotFound', `request ${id} does not exist`),
      };
    }),
  run: (_call, _input, { found }) => ({ CreateAccountStatus: showCreation(found) }),
});

export const listCreateAccountStatus = implement(ListCreateAccountStatus, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, { organization }, deps) {
    const states = input.States === undefined || input.States.length === 0 ? STATES : input.States;
    const page = openPage(deps, call, input, states);
    const found = await listCreations(deps.store.read, organization.organization_id, states, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.request_id);
    return { CreateAccountStatuses: rows.map(showCreation), ...output };
  },
});
