/** Lists of versions, and what moves a stage. */
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import {
  DiffSecretVersions,
  ListSecretVersionIds,
  ListSecretVersions,
  RollBackSecret,
  SetSecretVersionExpiry,
  UpdateSecretVersionStage,
} from '../api/versions.ts';
import type { CcmsDeps } from '../deps.ts';
import { diffValues } from '../domain/json-diff.ts';
import { CURRENT, moveStage, stagesColumn, stagesOf } from '../domain/stages.ts';
import { sameFingerprint } from '../store/fingerprints.ts';
import { type ListedVersion, readAccess } from '../store/queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { stageFailure } from './new-version.ts';
import { openPage } from './page.ts';
import { namedOutput, requireLive, resolveSecret } from './secret-access.ts';
import { changeSecret, editedVersion, noChange } from './secret-change.ts';
import { opened, readable } from './secret-value.ts';
import { chooseVersion, requireUnexpired } from './version-choice.ts';

const implement = implementFor<CcmsDeps>();

async function pageOfVersions(
  call: Call<typeof ListSecretVersionIds> | Call<typeof ListSecretVersions>,
  input: { MaxResults?: number | undefined; NextToken?: string | undefined; IncludeDeprecated?: boolean | undefined },
  secret: SecretRecord,
  deps: CcmsDeps,
  all: boolean,
) {
  const page = openPage<number>(call, deps, input, [secret.arn, all]);
  const staged = new Set(secret.stages.values());
  const found = (await deps.secrets.versions(secret)).filter(
    ({ version_id, ordinal }) => (all || staged.has(version_id)) && (page.after === undefined || ordinal < page.after),
  );
  const { secret_id } = secret.row;
  const days = deps.access.latest(secret_id, await readAccess(deps.store.read, [secret_id]));
  const show = (row: ListedVersion) => {
    const day = days.get(row.version_id);
    return {
      VersionId: row.version_id,
      CreatedDate: row.created_at,
      stages: stagesOf(secret.stages, row.version_id),
      ...(day !== undefined && { LastAccessedDate: day }),
    };
  };
  const { rows, ...end } = page.end(found, ({ ordinal }) => ordinal);
  return { shown: rows.map((row) => ({ row, ...show(row) })), end };
}

export const listSecretVersionIds = implement(ListSecretVersionIds, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    const { shown, end } = await pageOfVersions(call, input, secret, deps, input.IncludeDeprecated === true);
    const Versions = shown.map(({ row, stages, ...version }) => ({
      ...version,
      ...(stages.length > 0 && { VersionStages: stages }),
      ...(row.kind !== null && { KmsKeyIds: [row.key_name] }),
    }));
    return { ...namedOutput(secret), Versions, ...end };
  },
});

export const listSecretVersions = implement(ListSecretVersions, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    const { shown, end } = await pageOfVersions(call, input, secret, deps, true);
    const Versions = shown.map(({ row, stages, ...version }) => ({
      ...version,
      Ordinal: row.ordinal,
      VersionStages: stages,
      CreatedBy: row.created_by,
      ...(row.key_arn !== null && { KmsKeyArn: row.key_arn }),
      ...(row.kind !== null && { Kind: row.kind }),
      ...(row.expires_at !== null && { ExpiresAt: row.expires_at }),
    }));
    return { ...namedOutput(secret), Versions, ...end };
  },
});

export const updateSecretVersionStage = implement(UpdateSecretVersionStage, {
  resolve: (call, input, deps) =>
    resolveSecret(call, deps, input.SecretId, { conditions: [['secretsmanager:VersionStage', input.VersionStage]] }),
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const moved = moveStage(secret.stages, await knownVersions(deps, secret), {
      stage: input.VersionStage,
      moveTo: input.MoveToVersionId,
      removeFrom: input.RemoveFromVersionId,
    });
    if (!moved.ok) throw stageFailure(call, moved);
    if (moved.stages === secret.stages) return noChange(namedOutput(secret));
    const edit = { stages: stagesColumn(moved.stages), changed_at: call.now };
    return changeSecret(call, deps, secret, { edit, output: namedOutput(secret) });
  },
});

async function knownVersions(deps: CcmsDeps, secret: SecretRecord) {
  const rows = await deps.secrets.versions(secret);
  return new Map(rows.map(({ version_id, kind }) => [version_id, { hasValue: kind !== null }]));
}

export const diffSecretVersions = implement(DiffSecretVersions, {
  resolve: (call, input, deps) => readable(call, () => resolveSecret(call, deps, input.SecretId)),
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const [from, to] = await readable(call, async () => [
      await chooseVersion(call, deps, secret, input.From),
      await chooseVersion(call, deps, secret, input.To),
    ]);
    for (const row of [from!, to!]) requireUnexpired(call, row);
    const before = await opened(call, deps, secret, from!);
    try {
      const after = await opened(call, deps, secret, to!);
      try {
        const equal = to!.fingerprint !== null && sameFingerprint(from!.fingerprint, to!.fingerprint);
        return {
          ...namedOutput(secret),
          FromVersionId: from!.version_id,
          ToVersionId: to!.version_id,
          ...diffValues(before.bytes, after.bytes, equal),
        };
      } finally {
        after.bytes.fill(0);
      }
    } finally {
      before.bytes.fill(0);
    }
  },
});

export const rollBackSecret = implement(RollBackSecret, {
  resolve: (call, input, deps) =>
    resolveSecret(call, deps, input.SecretId, { conditions: [['secretsmanager:VersionStage', CURRENT]] }),
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const current = secret.stages.get(CURRENT);
    if (current !== input.IfCurrentVersionId) {
      throw call.fail('PreconditionNotMet', `${CURRENT} is not version ${input.IfCurrentVersionId}`, {
        hint: 'look at the versions again, then repeat the request if it is still wanted',
      });
    }
    const row = await chooseVersion(call, deps, secret, input);
    requireUnexpired(call, row);
    const moved = moveStage(secret.stages, await knownVersions(deps, secret), {
      stage: CURRENT,
      moveTo: row.version_id,
      removeFrom: current,
    });
    if (!moved.ok) throw stageFailure(call, moved);
    const output = {
      ...namedOutput(secret),
      VersionId: row.version_id,
      Ordinal: row.ordinal,
      VersionStages: stagesOf(moved.stages, row.version_id),
    };
    if (moved.stages === secret.stages) return noChange(output);
    const edit = { stages: stagesColumn(moved.stages), changed_at: call.now };
    return changeSecret(call, deps, secret, { edit, output });
  },
});

export const setSecretVersionExpiry = implement(SetSecretVersionExpiry, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    if (input.ExpiresAt !== undefined && input.ExpiresAt <= call.now)
      throw call.fail('InvalidParameter', 'ExpiresAt is not in the future');
    const row = await chooseVersion(call, deps, secret, input);
    return changeSecret(call, deps, secret, {
      edit: { changed_at: call.now },
      replace: [editedVersion(row, { expires_at: input.ExpiresAt ?? null })],
      output: {
        ...namedOutput(secret),
        VersionId: row.version_id,
        Ordinal: row.ordinal,
        ...(input.ExpiresAt !== undefined && { ExpiresAt: input.ExpiresAt }),
      },
    });
  },
});
