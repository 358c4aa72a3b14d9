/**
 * Rotation of the root keys. What is asked for is stored first, guarded by a MAC, and done by a job
 * (`jobs/rotate-root.ts`), so that it is continued after a crash and waits for a token that is away. The root keys serve
 * every account, so only the management account of the installation is asked about them.
 */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, change, implementFor, type Resolved } from '../../../platform/runtime/call.ts';
import { DescribeRootRotation, RetireRootVersion, StartRootRotation } from '../api/root-rotation.ts';
import type { KmsDeps } from '../deps.ts';
import {
  nextVersion,
  type RootVersionRow,
  rootVersionRowBytes,
  rotationState,
  versionStates,
  whyNotRetire,
  whyNotStart,
} from '../domain/root-rotation.ts';
import { writeRootVersion } from '../store/root-versions.ts';
import { rootFacts, showSteps, showTokens } from './root-facts.ts';

const implement = implementFor<KmsDeps>();

async function ofInstallation(_call: Call<AnyOperation>, _input: unknown, deps: KmsDeps): Promise<Resolved<undefined>> {
  const { ManagementAccountId = 'none' } = await deps.clients.iam.DescribeAccounts({ AccountIds: [], Emails: [] });
  return { targets: [{ resource: '*', accountId: ManagementAccountId }], state: undefined };
}

export const startRootRotation = implement(StartRootRotation, {
  resolve: ofInstallation,
  async run(call, { DryRun = false }, _state, deps) {
    const facts = await rootFacts(deps);
    const reason = whyNotStart(facts);
    const RootVersion = nextVersion(facts);
    if (reason !== undefined) throw call.fail('RootRotationRefused', reason, { hint: 'DescribeRootRotation shows it' });
    const answer = {
      RootVersion,
      DryRun,
      EndsSessions: facts.form === undefined,
      Tokens: showTokens(facts),
      Steps: showSteps(facts),
    };
    if (DryRun) return change(async () => answer);
    return changeVersion(call, deps, { version: RootVersion, state: 'adding' }, undefined, answer);
  },
});

export const describeRootRotation = implement(DescribeRootRotation, {
  resolve: ofInstallation,
  async run(_call, _input, _state, deps) {
    const facts = await rootFacts(deps);
    return {
      State: rotationState(facts),
      Tokens: showTokens(facts),
      Versions: versionStates(facts),
      Steps: showSteps(facts),
    };
  },
});

export const retireRootVersion = implement(RetireRootVersion, {
  resolve: ofInstallation,
  async run(call, { RootVersion, Confirmation, DryRun = false }, _state, deps) {
    const facts = await rootFacts(deps);
    const reason = whyNotRetire(facts, RootVersion);
    if (reason !== undefined) throw call.fail('RootRotationRefused', reason, { hint: 'DescribeRootRotation shows it' });
    if (DryRun) return change(async () => ({ RootVersion, DryRun, State: 'Unused' as const }));
    const wanted = `destroy root version ${RootVersion}`;
    if (Confirmation !== wanted)
      throw call.fail('Validation', 'Confirmation does not say what is to be destroyed', {
        hint: `give ${JSON.stringify(wanted)}`,
      });
    const from = facts.rows.find(({ version }) => version === RootVersion);
    const answer = { RootVersion, DryRun, State: 'Retiring' as const };
    return changeVersion(call, deps, { version: RootVersion, state: 'retiring' }, from, answer);
  },
});

async function changeVersion<Answer>(
  call: Call<typeof StartRootRotation> | Call<typeof RetireRootVersion>,
  deps: KmsDeps,
  to: Pick<RootVersionRow, 'version' | 'state'>,
  from: RootVersionRow | undefined,
  answer: Answer,
) {
  const row = { ...to, account_id: call.caller.accountId, changed_at: call.now };
  const [row_mac] = await deps.guard.seal([rootVersionRowBytes(row)]);
  return change(async (tx) => {
    if (!(await writeRootVersion(tx, { ...row, row_mac: row_mac! }, from)))
      throw call.fail('Conflict', `root version ${to.version} was changed by another request at the same time`);
    return answer;
  });
}
