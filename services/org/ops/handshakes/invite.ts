import { InviteAccountToOrganization } from '../../api/handshakes.ts';
import type { KnownAccount, OrgDeps } from '../../deps.ts';
import { handshakeArn } from '../../domain/names.ts';
import { tagRecord } from '../../domain/tags.ts';
import { accountById } from '../../store/accounts.ts';
import type { HandshakeRow, OrganizationRow, Tx } from '../../store/db.ts';
import { countSince, expireHandshakes, insertHandshake } from '../../store/handshakes.ts';
import { requireRoom } from '../accounts/account-changes.ts';
import { plainChange, unlessTaken } from '../changes.ts';
import { newHandshakeId } from '../ids.ts';
import { implement } from '../implement.ts';
import { type AnyCall, EVERYTHING, wholeOrganization } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { showHandshake } from './show-handshake.ts';

const DAY_MS = 86_400_000;

interface Target {
  Id: string;
  Type: 'ACCOUNT' | 'EMAIL' | 'ORGANIZATION';
}

export const inviteAccountToOrganization = implement(InviteAccountToOrganization, {
  resolve: (call, input, deps) =>
    wholeOrganization(call, deps, { ...EVERYTHING, requestTags: tagRecord(input.Tags ?? []) }),
  async run(call, input, { organization, scope }, deps) {
    requireTags(call, deps, input.Tags ?? [], []);
    const account = await recipient(call, deps, input.Target);
    const { organization_id } = organization;
    const { limits } = deps;
    const handshake: HandshakeRow = {
      handshake_id: newHandshakeId(deps),
      organization_id,
      account_id: account.AccountId,
      target_type: input.Target.Type === 'EMAIL' ? 'EMAIL' : 'ACCOUNT',
      target_value: input.Target.Id,
      state: 'REQUESTED',
      notes: input.Notes ?? null,
      tags: JSON.stringify(input.Tags ?? []),
      requested_at: call.now,
      expires_at: call.now + limits.invitationDays * DAY_MS,
      ended_at: null,
    };
    const arn = handshakeArn(scope, handshake.handshake_id);
    call.touches(arn, 'AWS::Organizations::Handshake', organization.management_account_id);
    return plainChange(deps, call, organization, handshake.handshake_id, async (at) => {
      const { tx } = at;
      await requireInvitable(tx, call, organization, account);
      await requireRoom(at);
      if ((await countSince(tx, organization_id, call.now - DAY_MS)) >= limits.invitationsPerDay)
        throw call.fail('ConstraintViolation', `at most ${limits.invitationsPerDay} invitations are sent in a day`, {
          details: { reason: 'HANDSHAKE_RATE_LIMIT_EXCEEDED' },
        });
      await expireHandshakes(tx, call.now);
      await unlessTaken(insertHandshake(tx, handshake), () =>
        call.fail('DuplicateHandshake', `an invitation of account ${account.AccountId} is open`, {
          hint: 'ListHandshakesForOrganization shows it',
        }),
      );
      return { Handshake: await showHandshake(tx, deps, organization, handshake) };
    });
  },
});

async function recipient(call: AnyCall, deps: OrgDeps, target: Target): Promise<KnownAccount> {
  const refuse = (reason: string, message: string) => call.fail('InvalidInput', message, { details: { reason } });
  if (target.Type === 'ORGANIZATION')
    throw refuse('INVALID_PARTY_TYPE_TARGET', 'an account is invited by its id or its e-mail address');
  const byId = target.Type === 'ACCOUNT';
  if (byId && !/^\d{12}$/.test(target.Id)) throw refuse('INVALID_PATTERN_TARGET_ID', `${target.Id} is no account id`);
  if (!byId && !target.Id.includes('@'))
    throw refuse('INVALID_EMAIL_ADDRESS_TARGET', `${target.Id} is no e-mail address`);
  const { Accounts } = await deps.clients.iam.DescribeAccounts(
    byId ? { AccountIds: [target.Id], Emails: [] } : { AccountIds: [], Emails: [target.Id] },
  );
  // An address that two accounts use names neither of them.
  const [account] = Accounts.length === 1 ? Accounts : [];
  if (account) return account;
  throw refuse(
    byId ? 'INVALID_PATTERN_TARGET_ID' : 'INVALID_EMAIL_ADDRESS_TARGET',
    `no account of this installation has the ${byId ? 'id' : 'address'} ${target.Id}`,
  );
}

async function requireInvitable(
  tx: Tx,
  call: AnyCall,
  organization: OrganizationRow,
  { AccountId }: KnownAccount,
): Promise<void> {
  const known = await accountById(tx, AccountId);
  if (known?.organization_id === organization.organization_id)
    throw call.fail('HandshakeConstraintViolation', `account ${AccountId} is a member already`, {
      details: { reason: 'ALREADY_IN_AN_ORGANIZATION' },
    });
  if (known && known.state !== 'ACTIVE')
    throw call.fail('InvalidInput', `account ${AccountId} is ${known.state}`, {
      details: { reason: 'INVALID_PATTERN_TARGET_ID' },
    });
}
