/** Accept, decline, cancel: who may bring a handshake into which state is a table (`domain/handshake.ts`). */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call, Resolved } from '../../../../platform/runtime/call.ts';
import { AcceptHandshake, CancelHandshake, DeclineHandshake, DescribeHandshake } from '../../api/handshakes.ts';
import type { KnownAccount, OrgDeps } from '../../deps.ts';
import { type HandshakeVerb, stateAt, transition } from '../../domain/handshake.ts';
import { type ArnScope, emailKey, handshakeArn } from '../../domain/names.ts';
import type { Tag } from '../../domain/tags.ts';
import { accountById, countMembers, emailTaken, putAccount } from '../../store/accounts.ts';
import { attachFullAccess } from '../../store/attachments.ts';
import type { HandshakeRow, OrganizationRow, Tx } from '../../store/db.ts';
import { endHandshake, handshakeById, lockHandshake } from '../../store/handshakes.ts';
import { theOrganization } from '../../store/organization.ts';
import { enabledTypes } from '../../store/policies.ts';
import { putTags } from '../../store/tags.ts';
import { organizationChange, plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { scopeOf } from '../standing.ts';
import { showHandshake } from './show-handshake.ts';

type Party = 'sender' | 'recipient';

export interface FoundHandshake {
  row: HandshakeRow;
  organization: OrganizationRow;
  party: Party;
}

/**
 * A handshake belongs to whoever asks about it and is a party of it: the own policies of the caller decide. To
 * everybody else it does not exist.
 */
async function aboutHandshake(
  call: Call<AnyOperation>,
  input: { HandshakeId: string },
  deps: OrgDeps,
): Promise<Resolved<FoundHandshake>> {
  const { accountId } = call.caller;
  const db = deps.store.read;
  const organization = await theOrganization(db);
  const row = organization && (await handshakeById(db, input.HandshakeId));
  const party: Party | undefined =
    row && accountId === organization.management_account_id
      ? 'sender'
      : row?.account_id === accountId
        ? 'recipient'
        : undefined;
  // A stranger is asked under an ARN that says nothing about the organization.
  const unknown: ArnScope = { partition: deps.settings.partition, managementAccountId: accountId, organizationId: '*' };
  const resource = handshakeArn(organization && party ? scopeOf(deps, organization) : unknown, input.HandshakeId);
  if (party) call.touches(resource, 'AWS::Organizations::Handshake', accountId);
  return {
    targets: [{ resource, accountId }],
    state: { row, organization, party } as FoundHandshake,
    ...(!party && {
      absent: call.fail('HandshakeNotFound', `handshake ${input.HandshakeId} does not exist`),
    }),
  };
}

export const describeHandshake = implement(DescribeHandshake, {
  resolve: aboutHandshake,
  run: async (_call, _input, { row, organization }, deps) => ({
    Handshake: await showHandshake(deps.store.read, deps, organization, row),
  }),
});

const PARTY: Readonly<Record<HandshakeVerb, Party>> = { accept: 'recipient', decline: 'recipient', cancel: 'sender' };

function requireParty(call: Call<AnyOperation>, { party }: FoundHandshake, verb: HandshakeVerb): void {
  if (party === PARTY[verb]) return;
  throw call.fail('AccessDenied', `only the ${PARTY[verb]} of a handshake can ${verb} it`);
}

/** Brings the handshake into its new state under a lock; answers the row as it is then. */
async function advance(
  call: Call<AnyOperation>,
  tx: Tx,
  { row: { handshake_id } }: FoundHandshake,
  verb: HandshakeVerb,
): Promise<HandshakeRow> {
  const row = await lockHandshake(tx, handshake_id);
  if (!row) throw call.fail('HandshakeNotFound', `handshake ${handshake_id} does not exist`);
  const state = stateAt(row, call.now);
  const next = transition(state, verb);
  if ('refused' in next) throw call.fail(next.refused, `handshake ${handshake_id} is ${state}`);
  await endHandshake(tx, handshake_id, next.to, call.now);
  return { ...row, state: next.to, ended_at: call.now };
}

function answer(call: Call<AnyOperation>, deps: OrgDeps, found: FoundHandshake, verb: HandshakeVerb) {
  requireParty(call, found, verb);
  return plainChange(deps, call, found.organization, found.row.handshake_id, async ({ tx }) => ({
    Handshake: await showHandshake(tx, deps, found.organization, await advance(call, tx, found, verb)),
  }));
}

export const declineHandshake = implement(DeclineHandshake, {
  resolve: aboutHandshake,
  run: (call, _input, found, deps) => answer(call, deps, found, 'decline'),
});

export const cancelHandshake = implement(CancelHandshake, {
  resolve: aboutHandshake,
  run: (call, _input, found, deps) => answer(call, deps, found, 'cancel'),
});

/** The account joins under the root. No role is made in it: that is its owner's to do. */
export const acceptHandshake = implement(AcceptHandshake, {
  resolve: aboutHandshake,
  async run(call, _input, found, deps) {
    requireParty(call, found, 'accept');
    const { organization } = found;
    const { account_id } = found.row;
    const { Accounts } = await deps.clients.iam.DescribeAccounts({ AccountIds: [account_id], Emails: [] });
    const account = Accounts[0] as KnownAccount;
    return organizationChange(deps, call, organization, { kind: 'account', objectId: account_id }, async ({ tx }) => {
      const handshake = await advance(call, tx, found, 'accept');
      await requireJoinable(call, deps, tx, organization, account_id);
      await join(tx, organization, account, JSON.parse(handshake.tags) as Tag[], call.now);
      return { Handshake: await showHandshake(tx, deps, organization, handshake) };
    });
  },
});

async function requireJoinable(
  call: Call<AnyOperation>,
  deps: OrgDeps,
  tx: Tx,
  organization: OrganizationRow,
  accountId: string,
): Promise<void> {
  const known = await accountById(tx, accountId);
  const reason =
    known && known.organization_id !== null
      ? 'ALREADY_IN_AN_ORGANIZATION'
      : (await countMembers(tx, organization.organization_id)) >= deps.limits.accounts
        ? 'ACCOUNT_NUMBER_LIMIT_EXCEEDED'
        : undefined;
  if (reason)
    throw call.fail('HandshakeConstraintViolation', 'the account cannot join the organization now', {
      details: { reason },
    });
}

async function join(
  tx: Tx,
  { organization_id, root_id }: OrganizationRow,
  account: KnownAccount,
  tags: readonly Tag[],
  now: number,
): Promise<void> {
  const { AccountId, Name, Email } = account;
  const key = Email === undefined ? null : emailKey(Email);
  await putAccount(tx, {
    account_id: AccountId,
    organization_id,
    parent_id: root_id,
    name: Name,
    email: Email ?? null,
    // An address that another member holds does not keep the account out; it just does not hold it as well.
    email_key: key !== null && !(await emailTaken(tx, key)) ? key : null,
    state: 'ACTIVE',
    keep_cross_account_use: 0,
    joined_method: 'INVITED',
    joined_at: now,
    closed_at: null,
  });
  await attachFullAccess(tx, AccountId, await enabledTypes(tx, organization_id), now);
  await putTags(tx, AccountId, tags);
}
