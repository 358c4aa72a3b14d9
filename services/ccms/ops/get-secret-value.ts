import { implementFor } from '../../../platform/runtime/call.ts';
import { GetSecretValue } from '../api/values.ts';
import type { CcmsDeps } from '../deps.ts';
import type { VersionRow } from '../domain/rows.ts';
import { CURRENT, stagesOf } from '../domain/stages.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { readBy } from './read-by.ts';
import { resolveReading, withinScope } from './read-scope.ts';
import { type AnyCall, type Condition, namedOutput, requireLive } from './secret-access.ts';
import { opened, readable } from './secret-value.ts';
import { requireUnexpired } from './version-choice.ts';

const implement = implementFor<CcmsDeps>();

interface NamedVersion {
  VersionId?: string | undefined;
  VersionStage?: string | undefined;
}

/** The conditions of a question about a version. */
export function versionConditions({ VersionId, VersionStage }: NamedVersion): Condition[] {
  const conditions: Condition[] = [];
  if (VersionId !== undefined) conditions.push(['secretsmanager:VersionId', VersionId]);
  if (VersionStage !== undefined) conditions.push(['secretsmanager:VersionStage', VersionStage]);
  return conditions;
}

export const getSecretValue = implement(GetSecretValue, {
  resolve: (call, input, deps) => resolveReading(call, deps, input.SecretId, { conditions: versionConditions(input) }),

  async run(call, input, { secret, scope, grantIds }, deps) {
    const row = await readableVersion(call, deps, secret, input);
    const value = withinScope(call, await opened(call, deps, secret, row), scope);
    deps.access.saw(secret.row.secret_id, row.version_id, call.now, readBy(call, grantIds, scope.maxCacheSeconds));
    const held = stagesOf(secret.stages, row.version_id);
    const answer = {
      ...namedOutput(secret),
      VersionId: row.version_id,
      // Who reads some fields learns of the version that they are of, and nothing else.
      ...(held.length > 0 && !scope.fields && { VersionStages: held }),
      CreatedDate: row.created_at,
      ...(scope.fields && { GrantedFields: [...scope.fields] }),
      ...(scope.maxCacheSeconds !== undefined && { MaxCacheSeconds: scope.maxCacheSeconds }),
    };
    if (value.kind === 'binary') return { ...answer, SecretBinary: value.bytes };
    const SecretString = value.bytes.toString('utf8');
    value.bytes.fill(0);
    return { ...answer, SecretString };
  },
});

/** The version that a request means, if its value may be had now: AWSCURRENT when it names neither version nor stage. */
export async function readableVersion(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  named: NamedVersion,
): Promise<VersionRow & { kind: 'text' | 'binary' }> {
  requireLive(call, secret);
  const versionId = chosenVersion(call, secret, named);
  const row = await readable(call, () => deps.secrets.version(secret, versionId));
  if (!row?.kind) throw missing(call, named.VersionId ?? named.VersionStage ?? CURRENT);
  requireUnexpired(call, row);
  return { ...row, kind: row.kind };
}

function chosenVersion(call: AnyCall, { stages }: SecretRecord, { VersionId, VersionStage }: NamedVersion): string {
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

function missing(call: AnyCall, what: string) {
  return call.fail('NotFound', `Secrets Manager can't find the specified secret value for ${what}`, {
    hint: 'ListSecretVersionIds shows the versions and stages',
  });
}
