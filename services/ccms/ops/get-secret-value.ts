import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { GetSecretValue } from '../api/values.ts';
import type { CcmsDeps } from '../deps.ts';
import { CURRENT, stagesOf } from '../domain/stages.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { type Condition, namedOutput, requireLive, resolveSecret } from './secret-access.ts';
import { opened, readable } from './secret-value.ts';
import { requireUnexpired } from './version-choice.ts';

const implement = implementFor<CcmsDeps>();

export const getSecretValue = implement(GetSecretValue, {
  resolve: (call, input, deps) => {
    const conditions: Condition[] = [];
    if (input.VersionId !== undefined) conditions.push(['secretsmanager:VersionId', input.VersionId]);
    if (input.VersionStage !== undefined) conditions.push(['secretsmanager:VersionStage', input.VersionStage]);
    return readable(call, () => resolveSecret(call, deps, input.SecretId, { conditions }));
  },

  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const versionId = chosenVersion(call, secret, input);
    const row = await readable(call, () => deps.secrets.version(secret, versionId));
    if (!row?.kind) throw missing(call, input.VersionId ?? input.VersionStage ?? CURRENT);
    requireUnexpired(call, row);
    const value = await opened(call, deps, secret, row);
    deps.access.saw(secret.row.secret_id, versionId, call.now);
    const held = stagesOf(secret.stages, versionId);
    const answer = {
      ...namedOutput(secret),
      VersionId: versionId,
      ...(held.length > 0 && { VersionStages: held }),
      CreatedDate: row.created_at,
    };
    if (value.kind === 'binary') return { ...answer, SecretBinary: value.bytes };
    const SecretString = value.bytes.toString('utf8');
    value.bytes.fill(0);
    return { ...answer, SecretString };
  },
});

/** The id that the request means: AWSCURRENT when it names neither version nor stage. */
function chosenVersion(
  call: Call<typeof GetSecretValue>,
  { stages }: SecretRecord,
  { VersionId, VersionStage }: { VersionId?: string | undefined; VersionStage?: string | undefined },
): string {
  if (VersionId !== undefined) {
    if (VersionStage !== undefined && stages.get(VersionStage) !== VersionId) {
      throw call.fail(
        'InvalidRequest',
        'You provided a VersionStage that is not associated to the provided VersionId.',
        {
          hint: 'give one of the two',
        },
      );
    }
    return VersionId;
  }
  const stage = VersionStage ?? CURRENT;
  const holder = stages.get(stage);
  if (holder === undefined) throw missing(call, stage);
  return holder;
}

function missing(call: Call<typeof GetSecretValue>, what: string) {
  return call.fail('NotFound', `Secrets Manager can't find the specified secret value for ${what}`, {
    hint: 'ListSecretVersionIds shows the versions and stages',
  });
}
