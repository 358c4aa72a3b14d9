import { implementFor } from '../../../platform/runtime/call.ts';
import { PutSecretValue } from '../api/values.ts';
import type { CcmsDeps } from '../deps.ts';
import { type StageMap, stagesOf } from '../domain/stages.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { addVersion, filledVersion, holderOf, requireSameValue, tokenOf } from './new-version.ts';
import { requireRotation } from './rotation/rotation-token.ts';
import { namedOutput, requireLive, resolveSecret } from './secret-access.ts';
import { changeSecret, noChange } from './secret-change.ts';
import { requestedValue } from './secret-value.ts';

const implement = implementFor<CcmsDeps>();

export const putSecretValue = implement(PutSecretValue, {
  resolve: (call, input, deps) =>
    resolveSecret(call, deps, input.SecretId, {
      conditions: input.VersionStages ? [['secretsmanager:VersionStage', input.VersionStages]] : [],
    }),
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const token = tokenOf(call, deps, input.ClientRequestToken);
    if (input.RotationToken !== undefined) await requireRotation(call, deps, secret, token, input.RotationToken);
    const value = requestedValue(call, input);
    if (!value) throw call.fail('InvalidRequest', 'You must provide either SecretString or SecretBinary.');
    try {
      const existing = await deps.secrets.version(secret, token);
      if (existing?.kind === null) {
        const wanted = input.VersionStages;
        const { stages: after, ...filled } = await filledVersion(call, deps, secret, existing, value, wanted);
        return await changeSecret(call, deps, secret, { ...filled, output: answer(secret, token, after) });
      }
      if (existing) {
        await requireSameValue(call, deps, existing, value);
        return noChange(answer(secret, token, secret.stages));
      }
      const stages = input.VersionStages;
      const { stages: after, ...added } = await addVersion(call, deps, secret, {
        token,
        value,
        stages,
        holder: holderOf(secret),
      });
      return await changeSecret(call, deps, secret, { ...added, output: answer(secret, token, after) });
    } finally {
      value.bytes.fill(0);
    }
  },
});

function answer(secret: SecretRecord, token: string, stages: StageMap) {
  const held = stagesOf(stages, token);
  return { ...namedOutput(secret), VersionId: token, ...(held.length > 0 && { VersionStages: held }) };
}
