import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { UpdateSecret } from '../api/secrets.ts';
import type { CcmsDeps } from '../deps.ts';
import type { Unsealed, VersionRow } from '../domain/rows.ts';
import { CURRENT, PENDING, PREVIOUS } from '../domain/stages.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { contentConditions } from './content-conditions.ts';
import { checkKeyAccess, type KeyHolder, ownKey } from './data-keys.ts';
import { type AddedVersion, addVersion, holderOf, repeated, tokenOf } from './new-version.ts';
import { namedOutput, placeOf, requireLive, resolveSecret } from './secret-access.ts';
import { changeSecret, editedVersion, noChange, type SecretEdit } from './secret-change.ts';
import { opened, requestedValue, sealed } from './secret-value.ts';

const implement = implementFor<CcmsDeps>();

export const updateSecret = implement(UpdateSecret, {
  resolve: (call, input, deps) =>
    resolveSecret(call, deps, input.SecretId, { conditions: contentConditions(input, placeOf(call, deps)) }),

  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const token = tokenOf(call, deps, input.ClientRequestToken);
    const value = requestedValue(call, input);
    try {
      const edit: SecretEdit = { changed_at: call.now };
      if (input.Description !== undefined) edit.description = input.Description;
      const keyId = input.KmsKeyId === undefined ? secret.row.kms_key_id : ownKey(input.KmsKeyId);
      const holder = holderOf(secret, keyId);
      const isRepeated = value !== undefined && (await repeated(call, deps, secret, token, value)) !== undefined;
      const output = { ...namedOutput(secret), ...(value && { VersionId: token }) };
      if (isRepeated && input.Description === undefined && input.KmsKeyId === undefined) return noChange(output);
      const replace: Unsealed<VersionRow>[] = [];
      if (keyId !== secret.row.kms_key_id) {
        await checkKeyAccess(call, deps, holder);
        edit.kms_key_id = keyId;
        replace.push(...(await reencrypted(call, deps, secret, holder)));
      }
      const added: Partial<AddedVersion> =
        value && !isRepeated ? await addVersion(call, deps, secret, { token, value, holder }) : {};
      const { add, remove = [] } = added;
      // What is destroyed in the same change needs no new key.
      const kept = replace.filter((row) => !remove.includes(row.version_id));
      return await changeSecret(call, deps, secret, {
        edit: { ...edit, ...added.edit },
        add,
        remove,
        replace: kept,
        output,
      });
    } finally {
      value?.bytes.fill(0);
    }
  },
});

/** The versions in use under the new key, where the caller may use the old one too; others stay as they are. */
async function reencrypted(
  call: Call<typeof UpdateSecret>,
  deps: CcmsDeps,
  secret: SecretRecord,
  holder: KeyHolder,
): Promise<Unsealed<VersionRow>[]> {
  const ids = new Set([CURRENT, PENDING, PREVIOUS].flatMap((stage) => secret.stages.get(stage) ?? []));
  const rows: Unsealed<VersionRow>[] = [];
  for (const id of ids) {
    const row = await deps.secrets.version(secret, id);
    const value = row && (await openedIfAllowed(call, deps, secret, row));
    if (!value) continue;
    try {
      rows.push(editedVersion(row, await sealed(call, deps, holder, id, value)));
    } finally {
      value.bytes.fill(0);
    }
  }
  return rows;
}

async function openedIfAllowed(call: Call<typeof UpdateSecret>, deps: CcmsDeps, secret: SecretRecord, row: VersionRow) {
  try {
    return await opened(call, deps, secret, row);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'AccessDenied' || code === 'DecryptionFailure') return undefined;
    throw error;
  }
}
