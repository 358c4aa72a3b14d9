import { randomBytes } from 'node:crypto';
import { DEFAULT_PROJECT } from '../../../platform/contract/enterprise-project.ts';
import type { InputOf } from '../../../platform/contract/operation.ts';
import {
  type AuthorizationTarget,
  type Call,
  type Change,
  change,
  implementFor,
} from '../../../platform/runtime/call.ts';
import { CreateSecret } from '../api/secrets.ts';
import type { CcmsDeps } from '../deps.ts';
import { MAX_SECRETS_PER_ACCOUNT } from '../domain/limits.ts';
import { policyHash, type SecretRow, secretRowBytes, type Unsealed, versionRowBytes } from '../domain/rows.ts';
import { endsLikeArn, secretArn, suffixOf } from '../domain/secret-ref.ts';
import { CURRENT, stagesColumn } from '../domain/stages.ts';
import { type TagMap, tagMap, tagsColumn, withTags } from '../domain/tags.ts';
import { sameFingerprint } from '../store/fingerprints.ts';
import { countSecrets, hasTombstone, insertSecret, insertVersion } from '../store/queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { contentConditions } from './content-conditions.ts';
import { checkKeyAccess, type KeyHolder, ownKey } from './data-keys.ts';
import { tokenOf, versionRow } from './new-version.ts';
import { requireOpenProject } from './owned/open-project.ts';
import { type Condition, namedOutput, placeOf, TYPE } from './secret-access.ts';
import { noChange } from './secret-change.ts';
import { type PlainValue, requestedValue } from './secret-value.ts';

const implement = implementFor<CcmsDeps>();
type Input = InputOf<typeof CreateSecret>;
type Output = { ARN: string; Name: string; VersionId?: string };

interface Resolution {
  /** What has the name already. */
  existing: SecretRecord | undefined;
  suffix: string;
}

export const createSecret = implement(CreateSecret, {
  async resolve(call, input, deps) {
    const place = placeOf(call, deps);
    const existing = await deps.secrets.byName(place.accountId, input.Name);
    const suffix = await newSuffix(deps, (candidate) => secretArn(place, input.Name, candidate));
    const create: AuthorizationTarget = {
      resource: existing?.arn ?? secretArn(place, input.Name, suffix),
      project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      context: conditionsOf(input, contentConditions(input, place)),
      ...(input.Tags && { requestTags: tagMap(input.Tags) }),
    };
    // AWS: whoever tags at creation needs the permission to tag as well.
    const tag = { ...create, action: 'secretsmanager:TagResource' };
    const targets = input.Tags && input.Tags.length > 0 ? [create, tag] : [create];
    return { targets, state: { existing, suffix } satisfies Resolution };
  },

  async run(call, input, { existing, suffix }: Resolution, deps) {
    if (input.AddReplicaRegions)
      throw call.fail('InvalidRequest', 'replicas in other regions are not offered', {
        hint: 'leave AddReplicaRegions out',
      });
    const token = tokenOf(call, deps, input.ClientRequestToken);
    const tagged = withTags(tagMap([]), input.Tags ?? []);
    if (!tagged.ok) throw call.fail('InvalidParameter', tagged.message);
    if (call.origin.protocol === 'native' && endsLikeArn(input.Name))
      throw call.fail('InvalidParameter', 'the name ends in a hyphen and six characters, like an ARN', {
        hint: 'choose a name that cannot be mistaken for the end of an ARN',
      });
    const value = requestedValue(call, input);
    try {
      if (existing) return await repetition(call, deps, existing, token, value);
      await requireOpenProject(call, deps, input.EnterpriseProjectId ?? DEFAULT_PROJECT);
      return await creation(call, deps, input, { token, value, suffix, tags: tagged.tags });
    } finally {
      value?.bytes.fill(0);
    }
  },
});

/** Six characters that were never used for this name. */
async function newSuffix(deps: CcmsDeps, arnOf: (suffix: string) => string): Promise<string> {
  for (;;) {
    const suffix = suffixOf(randomBytes(32));
    if (suffix !== undefined && !(await hasTombstone(deps.store.read, arnOf(suffix)))) return suffix;
  }
}

function conditionsOf(input: Input, content: readonly Condition[]): Condition[] {
  const regions = input.AddReplicaRegions?.flatMap(({ Region }) => Region ?? []);
  return [
    ['secretsmanager:Name', input.Name],
    ...content,
    ...(regions ? [['secretsmanager:AddReplicaRegions', regions] as const] : []),
    ...(input.ForceOverwriteReplicaSecret === undefined
      ? []
      : [['secretsmanager:ForceOverwriteReplicaSecret', String(input.ForceOverwriteReplicaSecret)] as const]),
  ];
}

/** The same token and value again answer what the first request made. */
async function repetition(
  call: Call<typeof CreateSecret>,
  deps: CcmsDeps,
  existing: SecretRecord,
  token: string,
  value: PlainValue | undefined,
): Promise<Change<Output>> {
  const { row } = existing;
  if (row.deletion_date !== null) {
    throw call.fail(
      'InvalidRequest',
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
      { hint: 'restore it, or destroy it with ForceDeleteWithoutRecovery' },
    );
  }
  if (row.create_token === token) {
    const version = await deps.secrets.version(existing, token);
    if (!value && !version) return noChange(namedOutput(existing));
    const same =
      value &&
      version &&
      sameFingerprint(version.fingerprint, await deps.fingerprints.of(row.account_id, value.kind, value.bytes));
    if (same) return noChange({ ...namedOutput(existing), VersionId: token });
  }
  throw call.fail('AlreadyExists', `The operation failed because the secret ${row.name} already exists.`, {
    hint: 'put a new value into it, or choose another name',
  });
}

async function creation(
  call: Call<typeof CreateSecret>,
  deps: CcmsDeps,
  input: Input,
  made: { token: string; value: PlainValue | undefined; suffix: string; tags: TagMap },
): Promise<Change<Output>> {
  const place = placeOf(call, deps);
  const { token, value, suffix, tags } = made;
  const arn = secretArn(place, input.Name, suffix);
  const secretId = deps.ids.uuidv7();
  const holder: KeyHolder = { arn, place, keyId: ownKey(input.KmsKeyId) };
  if (holder.keyId !== null) await checkKeyAccess(call, deps, holder);
  const owner = { secret_id: secretId, account_id: place.accountId, last_ordinal: 0 };
  const version = value && (await versionRow(call, deps, owner, { token, value, holder }));
  const row: Unsealed<SecretRow> = {
    ...owner,
    ...{ partition: place.partition, region: place.region },
    name: input.Name,
    suffix,
    description: input.Description ?? '',
    kms_key_id: holder.keyId,
    stages: stagesColumn(new Map(version ? [[CURRENT, token]] : [])),
    tags: tagsColumn(tags),
    ...{ policy: '', policy_principals: '[]', policy_hash: policyHash('', '[]') },
    enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
    ...{ created_at: call.now, changed_at: call.now, deletion_date: null, deleted_at: null },
    create_token: token,
    last_ordinal: version ? 1 : 0,
    version: 1,
  };
  const [mac, versionMac] = await deps.guard.seal([
    secretRowBytes(row),
    ...(version ? [versionRowBytes(version)] : []),
  ]);
  call.touches(arn, TYPE, place.accountId);
  return change(
    async (tx) => {
      if ((await countSecrets(tx, place.accountId)) >= MAX_SECRETS_PER_ACCOUNT)
        throw call.fail('LimitExceeded', `account has ${MAX_SECRETS_PER_ACCOUNT} secrets`);
      if (!(await insertSecret(tx, { ...row, row_mac: mac! })))
        throw call.fail('Conflict', `secret ${input.Name} was made by another request at the same time`);
      if (version) await insertVersion(tx, { ...version, row_mac: versionMac! });
      await deps.feed.announce(tx, { arn, accountId: place.accountId }, 'created');
      return { ARN: arn, Name: input.Name, ...(version && { VersionId: token }) };
    },
    () => deps.secrets.written(secretId, 1),
  );
}
