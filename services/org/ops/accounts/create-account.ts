import { CreateAccount, DescribeCreateAccountStatus, ListCreateAccountStatus } from '../../api/accounts.ts';
import type { OrgDeps } from '../../deps.ts';
import { accountArn, emailKey } from '../../domain/names.ts';
import { tagRecord } from '../../domain/tags.ts';
import { finishSoon } from '../../jobs/finish-creations.ts';
import { accountById, countMembers, emailTaken, putAccount } from '../../store/accounts.ts';
import { attachFullAccess } from '../../store/attachments.ts';
import { countUnfinished, creationById, insertCreation, listCreations } from '../../store/creations.ts';
import type { CreationRow, OrganizationRow, Tx } from '../../store/db.ts';
import { countPending } from '../../store/handshakes.ts';
import { nodeById } from '../../store/nodes.ts';
import { enabledTypes } from '../../store/policies.ts';
import { putTags } from '../../store/tags.ts';
import { organizationChange } from '../changes.ts';
import { newRequestId } from '../ids.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type AnyCall, EVERYTHING, inOrganization, wholeOrganization } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { aboutNode, missing } from '../targets.ts';

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
    const made = organizationChange(deps, call, organization, changed, async (tx) => {
      await requireRoom(tx, call, deps, organization);
      if ((await countUnfinished(tx, organization_id)) >= deps.limits.creationsInProgress)
        throw call.fail('ConstraintViolation', `${deps.limits.creationsInProgress} accounts are being made already`, {
          hint: 'try again when one of them is ready',
          details: { reason: 'ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED' },
        });
      const key = emailKey(input.Email);
      if (await emailTaken(tx, key)) {
        const failed = {
          ...request,
          state: 'FAILED',
          failure_reason: 'EMAIL_ALREADY_EXISTS',
          completed_at: call.now,
        } as const;
        await insertCreation(tx, failed);
        return { CreateAccountStatus: showCreation(failed) };
      }
      if (!(await nodeById(tx, organization_id, found.node_id))) throw missing(call, 'ParentNotFound', found.node_id);
      await insertCreation(tx, request);
      await putAccount(tx, {
        account_id: accountId,
        organization_id,
        parent_id: found.node_id,
        name: input.AccountName,
        email: input.Email,
        email_key: key,
        state: 'PENDING_ACTIVATION',
        keep_cross_account_use: 0,
        joined_method: 'CREATED',
        joined_at: call.now,
        closed_at: null,
      });
      await attachFullAccess(tx, accountId, await enabledTypes(tx, organization_id), call.now);
      await putTags(tx, accountId, input.Tags ?? []);
      return { CreateAccountStatus: showCreation(request) };
    });
    return {
      ...made,
      after() {
        made.after?.();
        finishSoon(deps);
      },
    };
  },
});

/** Members and open invitations count together. */
export async function requireRoom(tx: Tx, call: AnyCall, deps: OrgDeps, organization: OrganizationRow): Promise<void> {
  const { organization_id } = organization;
  const taken = (await countMembers(tx, organization_id)) + (await countPending(tx, organization_id, call.now));
  if (taken < deps.limits.accounts) return;
  throw call.fail('ConstraintViolation', `an organization has at most ${deps.limits.accounts} accounts`, {
    details: { reason: 'ACCOUNT_NUMBER_LIMIT_EXCEEDED' },
  });
}

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
