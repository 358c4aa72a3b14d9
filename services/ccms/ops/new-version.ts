/** Adding a version with a value: what CreateSecret, PutSecretValue and UpdateSecret have in common. */
import type { CcmsDeps } from '../deps.ts';
import { toDestroy } from '../domain/deprecated.ts';
import { MAX_DEPRECATED } from '../domain/limits.ts';
import type { Unsealed, VersionRow } from '../domain/rows.ts';
import { placeFilled, placeVersion, type StageMap, type StageProblem, stagesColumn } from '../domain/stages.ts';
import { sameFingerprint } from '../store/fingerprints.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import type { KeyHolder } from './data-keys.ts';
import type { AnyCall } from './secret-access.ts';
import { editedVersion, type SecretEdit } from './secret-change.ts';
import { type PlainValue, sealed } from './secret-value.ts';

/** The token of the request: clients always send one, people need not. */
export function tokenOf(call: AnyCall, deps: CcmsDeps, token: string | undefined): string {
  if (token !== undefined) return token;
  if (call.origin.protocol === 'aws')
    throw call.fail('InvalidRequest', 'You must provide a ClientRequestToken value. We recommend a UUID-type value.');
  return deps.ids.uuidv4();
}

export function stageFailure(call: AnyCall, problem: StageProblem) {
  return call.fail(problem.code, problem.message, {
    hint: 'ListSecretVersionIds shows which version holds which stage',
  });
}

/**
 * The version that the token names already, if the value is the same: the request is a repetition. Another value is
 * refused.
 */
export async function repeated(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  token: string,
  value: PlainValue,
): Promise<VersionRow | undefined> {
  const existing = await deps.secrets.version(secret, token);
  if (existing) await requireSameValue(call, deps, existing, value);
  return existing;
}

export async function requireSameValue(call: AnyCall, deps: CcmsDeps, existing: VersionRow, value: PlainValue) {
  const fingerprint = await deps.fingerprints.of(existing.account_id, value.kind, value.bytes);
  if (sameFingerprint(existing.fingerprint, fingerprint)) return;
  throw call.fail('AlreadyExists', `a version with the token ${existing.version_id} exists and has another value`, {
    hint: 'use a new token for a new value',
  });
}

export interface AddedVersion {
  edit: SecretEdit;
  add: Unsealed<VersionRow>;
  remove: readonly string[];
  stages: StageMap;
}

/** Everything that has to be written for a new version; nothing is written here. */
export async function addVersion(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  wanted: { token: string; value: PlainValue; stages?: readonly string[] | undefined; holder: KeyHolder },
): Promise<AddedVersion> {
  const { token, value, holder } = wanted;
  const placed = placeVersion(secret.stages, token, wanted.stages);
  if (!placed.ok) throw stageFailure(call, placed);
  // Numbers have no gaps, so there are at most as many versions: up to the limit none has to go, and none is read.
  const isWithin = secret.row.last_ordinal <= MAX_DEPRECATED;
  const remove = isWithin ? [] : toDestroy(await deps.secrets.versions(secret), placed.stages, call.now);
  if (!remove) {
    throw call.fail('LimitExceeded', `the secret has ${MAX_DEPRECATED} versions without a stage from the last day`, {
      hint: 'change it less often, or name stages to keep versions',
    });
  }
  const add = await versionRow(call, deps, secret.row, { token, value, holder });
  const edit = { stages: stagesColumn(placed.stages), last_ordinal: add.ordinal, changed_at: call.now };
  return { edit, add, remove, stages: placed.stages };
}

export interface FilledVersion {
  edit: SecretEdit;
  replace: readonly Unsealed<VersionRow>[];
  stages: StageMap;
}

/**
 * The value of a version that a rotation made for its token. It takes the stages that are named, and AWSCURRENT when none
 * are: also as the first value of a secret.
 */
export async function filledVersion(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  empty: VersionRow,
  value: PlainValue,
  wanted: readonly string[] | undefined,
): Promise<FilledVersion> {
  const placed = placeFilled(secret.stages, empty.version_id, wanted);
  if (!placed.ok) throw stageFailure(call, placed);
  const filled = editedVersion(empty, {
    fingerprint: await deps.fingerprints.of(secret.row.account_id, value.kind, value.bytes),
    ...(await sealed(call, deps, holderOf(secret), empty.version_id, value)),
    created_by: call.caller.arn,
  });
  const edit = { stages: stagesColumn(placed.stages), changed_at: call.now };
  return { edit, replace: [filled], stages: placed.stages };
}

/** The row of a new version, the next in the order of its secret. */
export async function versionRow(
  call: AnyCall,
  deps: CcmsDeps,
  secret: { secret_id: string; account_id: string; last_ordinal: number },
  { token, value, holder }: { token: string; value: PlainValue; holder: KeyHolder },
): Promise<Unsealed<VersionRow>> {
  return {
    secret_id: secret.secret_id,
    version_id: token,
    account_id: secret.account_id,
    ordinal: secret.last_ordinal + 1,
    created_at: call.now,
    created_by: call.caller.arn,
    expires_at: null,
    fingerprint: await deps.fingerprints.of(secret.account_id, value.kind, value.bytes),
    ...(await sealed(call, deps, holder, token, value)),
    version: 1,
  };
}

export function holderOf(secret: SecretRecord, keyId = secret.row.kms_key_id): KeyHolder {
  return { arn: secret.arn, place: secret.place, keyId };
}
