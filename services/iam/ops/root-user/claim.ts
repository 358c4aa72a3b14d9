/**
 * Claiming a root user: the management account hands out a token, whoever brings it gets an access key. Claiming is also
 * the way back into an account, so it takes away whatever the root user had before.
 */
import { stateSentence } from '../../../../platform/authz/account-state.ts';
import { change, noResource } from '../../../../platform/runtime/call.ts';
import { CLAIM_SECONDS, ClaimRootUser, IssueRootClaim } from '../../api/root-user.ts';
import { rootArn } from '../../domain/names.ts';
import { claimDigest, claimFits } from '../../domain/root-claim.ts';
import { deleteAccessKeysOf, insertAccessKey } from '../../store/access-keys.ts';
import { accountById } from '../../store/accounts.ts';
import type { AccountRow, Tx } from '../../store/db.ts';
import { releaseDevicesOf } from '../../store/mfa-devices.ts';
import { putRootClaim, rootClaimOf, takeRootClaim } from '../../store/root-claims.ts';
import { deleteSessionsOf } from '../../store/sessions.ts';
import { ofManagement } from '../accounts/management.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { touchDevice } from '../mfa/enable-device.ts';
import type { AnyCall } from '../targets.ts';
import { makeAccessKey, tenantKey } from '../tenant-key.ts';

const TOKEN_BYTES = 32;

export const issueRootClaim = implement(IssueRootClaim, {
  async resolve(call, input, deps) {
    const account = await accountById(deps.store.read, input.AccountId);
    return {
      targets: (await ofManagement(deps)).targets,
      state: account as AccountRow,
      ...(!account && { absent: call.fail('NotFound', `account ${input.AccountId} does not exist`) }),
    };
  },
  async run(call, input, account, deps) {
    const random = await deps.hsm.random(TOKEN_BYTES);
    const Token = random.toString('base64url');
    random.fill(0);
    const ExpiresAt = (Math.floor(call.now / 1000) + (input.ValidSeconds ?? CLAIM_SECONDS.default)) * 1000;
    const AccountId = account.account_id;
    call.touches(rootArn({ partition: deps.settings.partition, accountId: AccountId }), 'AWS::IAM::Root', AccountId);
    return plainChange(async (tx) => {
      await putRootClaim(tx, { account_id: AccountId, digest: claimDigest(Token), expires_at: ExpiresAt });
      return { AccountId, Token, ExpiresAt };
    });
  },
});

/** One answer for an account that does not exist, has no claim, or has another one. */
const refused = (call: AnyCall) =>
  call.fail('AccessDenied', 'the claim token is not good for this account', {
    hint: 'tokens are good once and for a while: let the management account issue another one',
  });

export const claimRootUser = implement(ClaimRootUser, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const accountId = input.AccountId;
    const claim = await rootClaimOf(deps.store.read, accountId);
    const fits = claimFits(claim?.digest, input.Token);
    if (!claim || !fits || claim.expires_at <= call.now) throw refused(call);
    // Told to whoever holds the token only.
    const { organization } = call;
    if (!organization.canBeClaimed(accountId))
      throw call.fail('AccessDenied', stateSentence(accountId, organization.stateOf(accountId)));
    const key = await makeAccessKey(deps, await tenantKey(deps, accountId), accountId, accountId);
    const secret = key.secret.toString('latin1');
    key.secret.fill(0);
    call.touches(rootArn({ partition: deps.settings.partition, accountId }), 'AWS::IAM::Root', accountId);
    const work = async (tx: Tx) => {
      if (!(await takeRootClaim(tx, claim))) throw refused(call);
      await deleteAccessKeysOf(tx, accountId);
      await deleteSessionsOf(tx, accountId);
      for (const serial of await releaseDevicesOf(tx, accountId)) touchDevice(call, serial, accountId);
      await insertAccessKey(tx, {
        access_key_id: key.accessKeyId,
        account_id: accountId,
        owner_id: accountId,
        sealed: key.sealed,
        status: 'Active',
        created_at: call.now,
      });
      await deps.store.bumpVersion(tx, { kind: 'access-key', objectId: key.accessKeyId, accountId });
      return {
        AccessKey: {
          AccessKeyId: key.accessKeyId,
          Status: 'Active' as const,
          SecretAccessKey: secret,
          CreateDate: call.now,
        },
      };
    };
    return change(
      (tx) => work(tx as Tx),
      () => deps.hub.publish(accountId),
    );
  },
});
